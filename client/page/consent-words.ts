/**
 * What visitors read about sharing, in their language. Knows texts and nothing of where they stand. {rate} is a speed.
 * Plain words: each says what happens to the visitor, and none persuades.
 */

export interface ConsentWords {
  title: string
  text: string
  /** What it means, one sentence each. */
  address: string
  sends: string
  ratio: string
  rate: string
  metered: string
  off: string
  yes: string
  no: string
  /** Names the site's own page about it. */
  link: string
}

/** A language's order: title, text, address, sends, ratio, rate, metered, off, yes, no, link. */
type Row = readonly [string, string, string, string, string, string, string, string, string, string, string]

const rows: Readonly<Record<string, Row>> = {
  en: [
    'Load with the help of other visitors?',
    'Visitors of this site can pass its large files on to one another directly.',
    'Other visitors can see your IP address.',
    'Your device sends them parts of the files that you load here.',
    'At most as much as you load yourself.',
    'Never faster than {rate}.',
    'Never over mobile data.',
    'You can switch it off at any time.',
    'Allow',
    'Don’t allow',
    'More about this',
  ],
  de: [
    'Mit Hilfe anderer Besucher laden?',
    'Besucher dieser Website können ihre großen Dateien direkt aneinander weitergeben.',
    'Andere Besucher können Ihre IP-Adresse sehen.',
    'Ihr Gerät sendet ihnen Teile der Dateien, die Sie hier laden.',
    'Höchstens so viel, wie Sie selbst laden.',
    'Nie schneller als {rate}.',
    'Nie über mobile Daten.',
    'Sie können es jederzeit abschalten.',
    'Erlauben',
    'Nicht erlauben',
    'Mehr dazu',
  ],
  fr: [
    'Télécharger avec l’aide d’autres visiteurs ?',
    'Les visiteurs de ce site peuvent se transmettre directement ses gros fichiers.',
    'Les autres visiteurs peuvent voir votre adresse IP.',
    'Votre appareil leur envoie des parties des fichiers que vous chargez ici.',
    'Au plus autant que ce que vous chargez vous-même.',
    'Jamais plus vite que {rate}.',
    'Jamais par les données mobiles.',
    'Vous pouvez l’arrêter à tout moment.',
    'Autoriser',
    'Ne pas autoriser',
    'En savoir plus',
  ],
  es: [
    '¿Descargar con la ayuda de otros visitantes?',
    'Los visitantes de este sitio pueden pasarse directamente sus archivos grandes.',
    'Otros visitantes pueden ver su dirección IP.',
    'Su dispositivo les envía partes de los archivos que usted carga aquí.',
    'Como máximo, tanto como carga usted.',
    'Nunca a más de {rate}.',
    'Nunca con datos móviles.',
    'Puede desactivarlo en cualquier momento.',
    'Permitir',
    'No permitir',
    'Más información',
  ],
  pt: [
    'Carregar com a ajuda de outros visitantes?',
    'Os visitantes deste site podem passar os seus ficheiros grandes diretamente uns aos outros.',
    'Outros visitantes podem ver o seu endereço IP.',
    'O seu dispositivo envia-lhes partes dos ficheiros que carrega aqui.',
    'No máximo, tanto quanto carrega.',
    'Nunca a mais de {rate}.',
    'Nunca por dados móveis.',
    'Pode desligar em qualquer momento.',
    'Permitir',
    'Não permitir',
    'Saber mais',
  ],
  it: [
    'Scaricare con l’aiuto di altri visitatori?',
    'I visitatori di questo sito possono passarsi direttamente i suoi file grandi.',
    'Gli altri visitatori possono vedere il tuo indirizzo IP.',
    'Il tuo dispositivo invia loro parti dei file che carichi qui.',
    'Al massimo quanto carichi tu.',
    'Mai più veloce di {rate}.',
    'Mai con i dati mobili.',
    'Puoi disattivarlo in qualsiasi momento.',
    'Consenti',
    'Non consentire',
    'Maggiori informazioni',
  ],
  nl: [
    'Laden met hulp van andere bezoekers?',
    'Bezoekers van deze site kunnen de grote bestanden rechtstreeks aan elkaar doorgeven.',
    'Andere bezoekers kunnen uw IP-adres zien.',
    'Uw apparaat stuurt hun delen van de bestanden die u hier laadt.',
    'Hoogstens zoveel als u zelf laadt.',
    'Nooit sneller dan {rate}.',
    'Nooit via mobiele data.',
    'U kunt het altijd uitzetten.',
    'Toestaan',
    'Niet toestaan',
    'Meer hierover',
  ],
  pl: [
    'Pobierać z pomocą innych odwiedzających?',
    'Odwiedzający tę stronę mogą przekazywać sobie bezpośrednio jej duże pliki.',
    'Inni odwiedzający mogą zobaczyć Twój adres IP.',
    'Twoje urządzenie wysyła im części plików, które tu pobierasz.',
    'Najwyżej tyle, ile pobierasz.',
    'Nigdy szybciej niż {rate}.',
    'Nigdy przez dane komórkowe.',
    'Możesz to wyłączyć w każdej chwili.',
    'Zezwól',
    'Nie zezwalaj',
    'Więcej informacji',
  ],
  zh: [
    '要借助其他访客来下载吗？',
    '本网站的访客可以直接互相传递大文件。',
    '其他访客可以看到您的 IP 地址。',
    '您的设备会把您在此加载的文件的一部分发送给他们。',
    '最多与您自己加载的一样多。',
    '速度不超过 {rate}。',
    '绝不使用移动数据。',
    '您可以随时关闭。',
    '允许',
    '不允许',
    '了解详情',
  ],
  ja: [
    'ほかの訪問者と協力して読み込みますか？',
    'このサイトの訪問者は、大きなファイルを直接受け渡しできます。',
    'ほかの訪問者にあなたの IP アドレスが見えます。',
    'ここで読み込むファイルの一部が、あなたの端末からほかの訪問者へ送られます。',
    '送る量は、あなたが読み込む量までです。',
    '速度は {rate} までです。',
    'モバイルデータ通信では行いません。',
    'いつでもオフにできます。',
    '許可する',
    '許可しない',
    '詳細',
  ],
}

export const languages: readonly string[] = Object.keys(rows)

/** @param wanted languages as pages and browsers name them, the most wanted first; @returns one that there is */
export function languageOf(wanted: readonly string[]): string {
  const found = wanted.map((name) => name.toLowerCase().split('-')[0]!).find((name) => Object.hasOwn(rows, name))
  return found ?? 'en'
}

/** @param language one of `languages` */
export function consentWords(language: string): ConsentWords {
  const [title, text, address, sends, ratio, rate, metered, off, yes, no, link] = rows[language] ?? rows.en!
  return { title, text, address, sends, ratio, rate, metered, off, yes, no, link }
}
