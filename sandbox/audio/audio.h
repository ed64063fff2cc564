/* What a tool with `audio` and impromptu-sandbox-audio say to each other, over a stream socket, one request at a time.
 *
 * The sound server lets whoever reaches its socket listen to the microphone, read what others play and change the volume. So a tool never has
 * that socket: it has one to this broker, which plays or records and does nothing else, and which of the two is its command line's. */
#pragma once

#include <stdint.h>

#define AUDIO_TOOL_FD 3
#define AUDIO_BYTES_MAX (64u << 20)       /* of one request, either way */
#define AUDIO_RATE_MIN 4000
#define AUDIO_RATE_MAX 192000
#define AUDIO_CHANNELS_MAX 8
#define AUDIO_MESSAGE_MAX 300

typedef enum { AUDIO_PLAY = 1, AUDIO_RECORD = 2 } AudioKind;

/* Samples are signed, 16 bits, little-endian, interleaved. bytes: of the samples that follow, or that are wanted. */
typedef struct {
        uint32_t kind, rate, channels, bytes;
} AudioRequest;

/* failed 0: bytes of samples follow (none where it was played), and it is over; else so many bytes of a sentence. */
typedef struct {
        uint32_t failed, bytes;
} AudioAnswer;
