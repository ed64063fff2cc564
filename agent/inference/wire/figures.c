/* Usage and times. Servers count the same things under many names, on the last chunk, on every chunk, on a chunk of its own or inside a
 * choice; figures only grow, so the last one of each stands. */
#include "agent/inference/wire/internal.h"

#define NANOSECONDS 1e9
#define MILLISECONDS 1e3

static void count_any(json_object *object, const char *const *names, gint64 *count)
{
        for (; *names; names++)
                wire_count(object, *names, count);
}

static void count_details(json_object *usage, const char *const *places, const char *const *names, gint64 *count)
{
        for (; *places; places++)
                count_any(wire_object(usage, *places), names, count);
}

void wire_read_usage(ChatStream *stream, json_object *usage)
{
        static const char *const in[] = { "input_tokens", "prompt_tokens", NULL };
        static const char *const out[] = { "output_tokens", "completion_tokens", NULL };
        static const char *const in_details[] = { "input_tokens_details", "prompt_tokens_details", NULL };
        static const char *const out_details[] = { "output_tokens_details", "completion_tokens_details", NULL };
        static const char *const cached[] = { "cached_tokens", NULL };
        static const char *const cached_outside[] = { "cache_read_input_tokens", "prompt_cache_hit_tokens", "cached_tokens", NULL };
        static const char *const reasoning[] = { "reasoning_tokens", NULL };
        ChatAnswer *answer = &stream->answer;

        count_any(usage, in, &answer->tokens_in);
        count_any(usage, out, &answer->tokens_out);
        wire_count(usage, "total_tokens", &answer->tokens_total);
        count_any(usage, cached_outside, &answer->tokens_cached);
        count_details(usage, in_details, cached, &answer->tokens_cached);
        count_any(usage, reasoning, &answer->tokens_reasoning);
        count_details(usage, out_details, reasoning, &answer->tokens_reasoning);
}

static void seconds(json_object *object, const char *name, double unit, double *place)
{
        if (wire_get(object, name))
                *place = wire_number(object, name) / unit;
}

static void rate_of(ChatAnswer *answer)
{
        if (answer->completion_seconds > 0 && answer->tokens_out > 0)
                answer->rate = answer->tokens_out / answer->completion_seconds;
}

/* Cerebras beside the usage, Groq within it. */
static void read_times(ChatStream *stream, json_object *times)
{
        seconds(times, "queue_time", 1, &stream->answer.queue_seconds);
        seconds(times, "prompt_time", 1, &stream->answer.prompt_seconds);
        seconds(times, "completion_time", 1, &stream->answer.completion_seconds);
}

static void keep(json_object **place, json_object *object)
{
        json_object_put(*place);
        *place = json_object_get(object);
}

static void take_usage(ChatStream *stream, json_object *usage)
{
        if (!usage || json_object_object_length(usage) == 0)
                return;
        wire_read_usage(stream, usage);
        read_times(stream, usage);
        keep(&stream->answer.usage, usage);
}

void wire_read_openai_figures(ChatStream *stream, json_object *chunk)
{
        json_object *choices = wire_array(chunk, "choices");
        json_object *times = wire_object(chunk, "time_info"), *timings = wire_object(chunk, "timings");
        json_object *usage = wire_object(chunk, "usage");

        if (!usage)
                usage = wire_object(wire_object(chunk, "x_groq"), "usage");
        if (!usage && choices && json_object_array_length(choices) > 0)
                usage = wire_object(json_object_array_get_idx(choices, 0), "usage"); /* Moonshot */
        take_usage(stream, usage);
        if (times) {
                read_times(stream, times);
                keep(&stream->answer.time_info, times);
        }
        rate_of(&stream->answer);
        if (timings) { /* llama.cpp */
                seconds(timings, "prompt_ms", MILLISECONDS, &stream->answer.prompt_seconds);
                seconds(timings, "predicted_ms", MILLISECONDS, &stream->answer.completion_seconds);
                if (wire_number(timings, "predicted_per_second") > 0)
                        stream->answer.rate = wire_number(timings, "predicted_per_second");
        }
}

void wire_read_ollama_figures(ChatStream *stream, json_object *chunk)
{
        ChatAnswer *answer = &stream->answer;

        wire_count(chunk, "prompt_eval_count", &answer->tokens_in);
        wire_count(chunk, "eval_count", &answer->tokens_out);
        seconds(chunk, "load_duration", NANOSECONDS, &answer->queue_seconds);
        seconds(chunk, "prompt_eval_duration", NANOSECONDS, &answer->prompt_seconds);
        seconds(chunk, "eval_duration", NANOSECONDS, &answer->completion_seconds);
        rate_of(answer);
}
