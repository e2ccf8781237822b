/** What a page tells its service worker of a file that is to be saved, and where that is asked for. */

/** To the worker: a file that the page brings, through the port that is with it, to whoever asks for this path. */
export interface PageSave {
  nearcast: 'save'
  path: string
  name: string
  fileBytes: number
}

/** To the worker: the page still needs it. */
export interface StayAwake {
  nearcast: 'stay'
}

/** Where a page's frame asks for what is to be saved: an address that only a worker answers. */
export const savePath = (id: string): string => `/.nearcast/save/${id}`
