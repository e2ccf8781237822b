/** Finds and fills elements of the page. Text only: nothing that comes from outside is ever parsed as HTML. */

/** The element with this id, of this class; the page's own HTML is at fault when it is not there. */
export function need<T extends Element>(id: string, kind: new () => T): T {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`)
  return element
}

/** Leaves an unchanged text alone, so that a selection in it stays. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

export function setHidden(element: HTMLElement, hidden: boolean): void {
  if (element.hidden !== hidden) element.hidden = hidden
}

const copiedShownMs = 2000

/** Makes a button copy a text; where the browser does not let it, the text is selected for the person to copy. */
export function copyOnClick(button: HTMLButtonElement, source: HTMLElement): void {
  const label = button.textContent
  let restore: ReturnType<typeof setTimeout> | undefined
  const show = (text: string) => {
    setText(button, text)
    clearTimeout(restore)
    restore = setTimeout(() => setText(button, label ?? ''), copiedShownMs)
  }
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent ?? '')
      show('Copied')
    } catch {
      getSelection()?.selectAllChildren(source)
      show('Selected: copy it')
    }
  })
}
