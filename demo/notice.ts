/** The box for what went wrong: a title in plain words, what to do, and the code for those who look it up. */
import { need, setHidden, setText } from './elements.ts'

export interface Notice {
  title: string
  text: string
  code?: string
  /** Offers a button that does this. */
  retry?: () => void
}

export function showNotice({ title, text, code, retry }: Notice): void {
  setText(need('notice-title', HTMLElement), title)
  setText(need('notice-text', HTMLElement), text)
  setText(need('notice-code', HTMLElement), code === undefined ? '' : `Code: ${code}`)
  const button = need('notice-retry', HTMLButtonElement)
  button.onclick = retry ?? null
  setHidden(button, retry === undefined)
  setHidden(need('notice', HTMLElement), false)
}

export function hideNotice(): void {
  setHidden(need('notice', HTMLElement), true)
}
