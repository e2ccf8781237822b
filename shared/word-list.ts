/** Lists as people write them on one line: words with spaces or commas between. */
export const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '')
