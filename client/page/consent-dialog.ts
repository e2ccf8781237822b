/**
 * The question whether this page may connect to other visitors: a dialog that covers nothing but its own place, and that
 * the page does not wait for. Draws texts that it is given and tells which button was pressed; knows no client.
 */
import type { ConsentWords } from './consent-words.ts'

export type Pressed = 'yes' | 'no' | 'later'

export interface Shown {
  /** How it ended. */
  readonly pressed: Promise<Pressed>
  /** Takes it away: somebody else answered. */
  close(): void
}

export interface Question extends Pick<ConsentWords, 'title' | 'text' | 'yes' | 'no' | 'link'> {
  language: string
  facts: readonly string[]
  /** Of the site's own page about it. */
  linkUrl: string | undefined
  /** The visitor asked for it: it is where the keyboard goes. */
  isWanted: boolean
}

const css = `
:host { all: initial; }
.dialog {
  position: fixed; z-index: 2147483647; box-sizing: border-box; inset: auto 1rem 1rem auto;
  width: min(26rem, calc(100vw - 2rem)); max-height: calc(100vh - 2rem); overflow: auto; padding: 1.25rem;
  font: 16px/1.5 system-ui, sans-serif; text-align: start; overflow-wrap: break-word;
  color: #16201b; background: #fff; border: 1px solid #c3cbc5; border-radius: 12px;
  box-shadow: 0 8px 32px rgb(0 0 0 / 18%); animation: rise 0.2s ease-out;
}
@keyframes rise { from { transform: translateY(0.5rem); opacity: 0; } }
h2 { margin: 0 0 0.5rem; font-size: 1.125rem; line-height: 1.3; }
p { margin: 0; white-space: pre-line; }
ul { margin: 0.5rem 0 0; padding-inline-start: 1.25rem; }
a { display: inline-block; margin-top: 0.5rem; color: inherit; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1rem; }
button {
  flex: 1 1 9rem; min-height: 2.75rem; padding: 0.5rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: #16201b; background: #eef2ef; border: 1px solid #77857c; border-radius: 8px;
}
button:hover { background: #dfe6e1; }
:focus-visible { outline: 3px solid #0a7355; outline-offset: 2px; }
@media (max-width: 30rem) { .dialog { inset: auto 0 0 0; width: 100%; border-radius: 12px 12px 0 0; } }
@media (prefers-color-scheme: dark) {
  .dialog { color: #e9efeb; background: #161c19; border-color: #47524c; }
  button { color: #e9efeb; background: #28302c; border-color: #8d9a92; }
  button:hover { background: #343e39; }
  :focus-visible { outline-color: #41d3a0; }
}
@media (prefers-reduced-motion: reduce) { .dialog { animation: none; } }
`

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  facts: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = Object.assign(document.createElement(name), facts)
  element.append(...children)
  return element
}

export function showQuestion(question: Question): Shown {
  const { title, text, yes, no, link, linkUrl, language, facts, isWanted } = question
  const host = document.createElement('nearcast-consent')
  host.lang = language
  const shadow = host.attachShadow({ mode: 'open' })
  // Not an inline style, which policies may forbid.
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  shadow.adoptedStyleSheets = [sheet]
  const buttons = [make('button', { type: 'button' }, no), make('button', { type: 'button' }, yes)] as const
  const dialog = make(
    'div',
    { className: 'dialog', role: 'dialog', ariaModal: 'false', tabIndex: -1 },
    make('h2', { id: 'title' }, title),
    make(
      'div',
      { id: 'text' },
      make('p', {}, text),
      ...(facts.length > 0 ? [make('ul', {}, ...facts.map((fact) => make('li', {}, fact)))] : []),
    ),
    ...(linkUrl === undefined ? [] : [make('a', { href: linkUrl }, link)]),
    make('div', { className: 'buttons' }, ...buttons),
  )
  dialog.setAttribute('aria-labelledby', 'title')
  dialog.setAttribute('aria-describedby', 'text')
  const before = document.activeElement
  const close = () => {
    const hadFocus = document.activeElement === host
    host.remove()
    if (hadFocus && before instanceof HTMLElement) before.focus()
  }
  const pressed = new Promise<Pressed>((resolve) => {
    const end = (how: Pressed) => () => {
      close()
      resolve(how)
    }
    buttons[0].addEventListener('click', end('no'))
    buttons[1].addEventListener('click', end('yes'))
    // Only while it has the keyboard: elsewhere the key is the page's.
    dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      end('later')()
    })
  })
  // First on the page, so that the keyboard comes to it first; who listens to the page hears of it once.
  const announcer = make('div', { ariaLive: 'polite' })
  shadow.append(announcer)
  document.body.prepend(host)
  announcer.append(dialog)
  if (isWanted) dialog.focus()
  return { pressed, close }
}
