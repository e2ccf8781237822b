/** Which media a page marks as to be accelerated. */
export const markedMedia = ':is(video, audio, img)[data-nearcast], :is(video, audio)[data-nearcast] source'
