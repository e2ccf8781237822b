/** The last part of a URL's path, decoded where it can be. */
export function nameIn(url: string): string {
  const { pathname } = new URL(url)
  const name = pathname.slice(pathname.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(name)
  } catch {
    return name // a lone % is allowed in URLs
  }
}
