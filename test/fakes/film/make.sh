#!/bin/sh
# Makes the film of the tests anew, with ffmpeg 5.1 or later: 12 seconds in fragments of two, in two qualities of VP9, which
# every Chromium plays; and the whole of it as WebM. It is checked in, for it is small and not every machine has ffmpeg.
set -e
cd "$(dirname "$0")"
rm -rf low high film.m3u8 film.webm
source='testsrc2=size=320x180:rate=12:duration=12'
ffmpeg -loglevel error -f lavfi -i "$source" -filter_complex '[0:v]split=2[a][b];[a]scale=160:90[low];[b]null[high]' \
  -map '[low]' -map '[high]' -c:v libvpx-vp9 -deadline good -cpu-used 4 -g 24 -keyint_min 24 -pix_fmt yuv420p \
  -b:v:0 8k -b:v:1 22k -f hls -hls_time 2 -hls_playlist_type vod -hls_segment_type fmp4 -hls_flags independent_segments \
  -master_pl_name film.m3u8 -hls_fmp4_init_filename init.mp4 -hls_segment_filename '%v/%d.m4s' \
  -var_stream_map 'v:0,name:low v:1,name:high' '%v/film.m3u8'
ffmpeg -loglevel error -f lavfi -i "$source" -c:v libvpx -g 12 -b:v 30k -cues_to_front 1 film.webm
