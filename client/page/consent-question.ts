/** Asks the visitor in words of the site's or of ours, and puts the answer where all tabs find it. */
import type { Client } from '../api.ts'
import { checkOptions } from '../shell/checked-options.ts'
import { type Shown, showQuestion } from './consent-dialog.ts'
import { consentWords, languageOf } from './consent-words.ts'
import { answerKey, rememberAnswer, rememberedAnswer } from './remembered-consent.ts'
import type { TagSettings } from './tag-attributes.ts'

let shown: Shown | undefined

/** Not every browser says what network it is on: where it does not, nothing is promised of one. */
const tellsNetworks = () => (navigator as { connection?: { type?: string } }).connection?.type !== undefined

/** What the visitor is to know, as the site has set it. */
function factsOf({ options }: TagSettings, language: string): string[] {
  const words = consentWords(language)
  const { uploadBytesPerSecondMax, uploadRatioMax } = checkOptions(options).numbers
  const uploads = uploadBytesPerSecondMax > 0 && uploadRatioMax > 0
  const megabytes = new Intl.NumberFormat(language, {
    style: 'unit',
    unit: 'megabyte-per-second',
    maximumSignificantDigits: 2,
  })
  const rate = words.rate.replace('{rate}', megabytes.format(uploadBytesPerSecondMax / 1e6))
  return [
    words.address,
    ...(uploads ? [words.sends] : []),
    ...(uploads && uploadRatioMax <= 1 ? [words.ratio] : []),
    ...(uploads && Number.isFinite(uploadBytesPerSecondMax) ? [rate] : []),
    ...((options.metered ?? 'off') === 'off' && tellsNetworks() ? [words.metered] : []),
    words.off,
  ]
}

/** @param isWanted the visitor asked for the question, and is to be in it */
export async function ask(client: Client, settings: TagSettings, isWanted: boolean): Promise<void> {
  if (shown) return
  const { consentTitle, consentText, consentYes, consentNo, consentLink } = settings
  const language = languageOf([document.documentElement.lang, ...navigator.languages])
  const words = consentWords(language)
  const isOwnText = consentText !== undefined
  shown = showQuestion({
    language: isOwnText ? document.documentElement.lang : language,
    title: consentTitle ?? words.title,
    text: consentText ?? words.text,
    yes: consentYes ?? words.yes,
    no: consentNo ?? words.no,
    link: words.link,
    linkUrl: consentLink,
    facts: isOwnText ? [] : factsOf(settings, language),
    isWanted,
  })
  const close = () => {
    shown?.close()
    shown = undefined
  }
  // Whoever answers first, here, on the page or in another tab.
  const over = new AbortController()
  addEventListener('storage', ({ key }) => key === answerKey && close(), { signal: over.signal })
  const stop = client.on('consent', close)
  const pressed = await shown.pressed
  stop()
  over.abort()
  shown = undefined
  if (pressed === 'later') {
    if (!rememberedAnswer()) rememberAnswer('later')
  } else if (pressed === 'yes') client.consent.grant()
  else {
    rememberAnswer('denied')
    // Who never agreed has nothing to be taken back.
    if (client.consent.state === 'granted') await client.consent.revoke()
  }
}
