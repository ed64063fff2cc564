"""How each dialect is asked and read, by hand: what the rehearsal writes is held against this, not against the project's own reader."""
import json

CHAT = ("openai", "cerebras", "groq", "diffusing", "openrouter", "mistral", "llamacpp")
ALL = CHAT + ("anthropic", "responses", "ollama")
PATHS = {"anthropic": "/anthropic/v1/messages", "responses": "/responses/v1/responses", "ollama": "/ollama/api/chat",
         **{name: f"/{name}/v1/chat/completions" for name in CHAT}}
MODEL = "rehearsal"


def headers_for(dialect, key=None):
    headers = {"Content-Type": "application/json"}
    if dialect == "anthropic":
        headers["anthropic-version"] = "2023-06-01"
    if key and dialect == "anthropic":
        headers["x-api-key"] = key
    elif key:
        headers["Authorization"] = f"Bearer {key}"
    return headers


def body_for(dialect, text="x", system="be brief", stream=True, cap=100, parts=False, model=MODEL):
    """A request as this provider's clients write it; parts: the person's words come as a list of parts."""
    kind = "input_text" if dialect == "responses" else "text"
    user = {"role": "user", "content": [{"type": kind, "text": text}] if parts else text}
    if dialect == "anthropic":
        return {"model": model, "max_tokens": cap, "stream": stream, "messages": [user],
                "system": [{"type": "text", "text": system}] if parts else system}
    if dialect == "responses":
        return {"model": model, "max_output_tokens": cap, "stream": stream, "instructions": system, "input": [user] if parts else text}
    messages = [{"role": "system", "content": system}, user]
    if dialect == "ollama":
        return {"model": model, "messages": messages, "options": {"num_predict": cap}, **({} if stream else {"stream": False})}
    body = {"model": model, "messages": messages, "stream": stream, "max_completion_tokens": cap}
    if stream:
        body["stream_options"] = {"include_usage": True}
    if dialect == "diffusing" and stream:
        body["diffusing"] = True
    return body


class Read:
    """What came of an answer."""

    def __init__(self):
        self.text = self.thoughts = ""
        self.tool, self.arguments = None, ""
        self.finish = self.usage = self.error = None
        self.ended = False  # the dialect's own end was seen
        self.events, self.comments, self.fields = [], [], []

    def take_message(self, message, replace=False):
        """A message or delta of chat completions, of Ollama too."""
        content = message.get("content")
        if isinstance(content, list):
            for part in content:
                if part["type"] == "text":
                    self.text += part["text"]
                else:
                    self.thoughts += "".join(inner["text"] for inner in part["thinking"])
        elif content:
            self.text = content if replace else self.text + content
        self.thoughts += message.get("reasoning") or message.get("reasoning_content") or message.get("thinking") or ""
        for call in message.get("tool_calls", []):
            self.tool = call["function"].get("name", self.tool)
            arguments = call["function"]["arguments"]
            self.arguments += arguments if isinstance(arguments, str) else json.dumps(arguments, separators=(",", ":"))


def events_of(text, read):
    """(name, data) of each event that is whole; comments and other fields are kept aside."""
    for block in text.split("\n\n")[:-1]:
        name, data = None, []
        for line in block.split("\n"):
            field, _, value = line.partition(":")
            if field == "":
                read.comments.append(value.strip())
            elif field == "event":
                name = value.strip()
            elif field == "data":
                data.append(value.removeprefix(" "))
            elif field:
                read.fields.append((field, value.strip()))
        if data:
            read.events.append((name, "\n".join(data)))
    return read.events


def take_usage(read, usage, into="prompt_tokens", out="completion_tokens"):
    if usage:
        read.usage = (usage[into], usage[out])


def read_chat(read, text, replace):
    for _, data in events_of(text, read):
        if data == "[DONE]":
            read.ended = True
            continue
        chunk = json.loads(data)
        if "error" in chunk:
            read.error = chunk["error"]
        for choice in chunk.get("choices", []):
            read.take_message(choice["delta"], replace)
            read.finish = choice.get("finish_reason") or read.finish
        take_usage(read, chunk.get("usage"))
    for field, value in read.fields:
        if field == "error":
            read.error = json.loads(value)


def read_anthropic(read, text):
    blocks = {}
    for name, data in events_of(text, read):
        event = json.loads(data)
        assert event["type"] == name, (name, event)
        if name == "message_start":
            read.usage = (event["message"]["usage"]["input_tokens"], None)
        elif name == "content_block_start":
            assert event["index"] == len(blocks), event
            blocks[event["index"]] = event["content_block"]["type"]
            read.tool = event["content_block"].get("name", read.tool)
        elif name == "content_block_delta":
            delta = event["delta"]
            assert event["index"] == len(blocks) - 1, event
            read.text += delta.get("text", "")
            read.thoughts += delta.get("thinking", "")
            read.arguments += delta.get("partial_json", "")
        elif name == "message_delta":
            read.finish = event["delta"]["stop_reason"]
            read.usage = (read.usage[0], event["usage"]["output_tokens"])
        elif name == "message_stop":
            read.ended = True
        elif name == "error":
            read.error = event["error"]


def read_responses(read, text):
    snapshot = ""
    for number, (name, data) in enumerate(events_of(text, read)):
        event = json.loads(data)
        assert event["type"] == name and event["sequence_number"] == number, (name, number, event)
        if name == "response.output_text.delta":
            read.text += event["delta"]
        elif name == "response.output_text.done":
            snapshot = event["text"]
        elif name == "response.reasoning_text.delta":
            read.thoughts += event["delta"]
        elif name == "response.function_call_arguments.delta":
            read.arguments += event["delta"]
        elif name == "response.output_item.added":
            read.tool = event["item"].get("name", read.tool)
        elif name in ("response.completed", "response.incomplete", "response.failed"):
            read.ended = name != "response.failed"
            response = event["response"]
            read.finish = (response["incomplete_details"] or {}).get("reason", "stop") if read.ended else None
            read.error = response["error"]
            take_usage(read, response["usage"], "input_tokens", "output_tokens")
    assert snapshot in ("", read.text), snapshot


def read_ollama(read, text):
    for line in text.split("\n")[:-1]:
        line = json.loads(line)
        read.events.append((None, line))
        if "error" in line:
            read.error = line["error"]
            continue
        read.take_message(line["message"])
        if line["done"]:
            read.ended, read.finish = True, line["done_reason"]
            take_usage(read, line, "prompt_eval_count", "eval_count")
            assert line["eval_duration"] > 0 and line["total_duration"] >= line["eval_duration"], line


def read_stream(dialect, raw):
    """raw may break off in the middle of a character."""
    read, text = Read(), raw.decode(errors="ignore")
    if dialect == "anthropic":
        read_anthropic(read, text)
    elif dialect == "responses":
        read_responses(read, text)
    elif dialect == "ollama":
        read_ollama(read, text)
    else:
        read_chat(read, text, dialect == "diffusing")
    return read


def read_plain(dialect, raw):
    read, body = Read(), json.loads(raw)
    if dialect == "anthropic":
        for block in body["content"]:
            read.text += block.get("text", "")
            read.thoughts += block.get("thinking", "")
            if block["type"] == "tool_use":
                read.tool, read.arguments = block["name"], json.dumps(block["input"], separators=(",", ":"))
        read.finish = body["stop_reason"]
        take_usage(read, body["usage"], "input_tokens", "output_tokens")
    elif dialect == "responses":
        for item in body["output"]:
            for part in item.get("content", []):
                if part["type"] == "output_text":
                    read.text += part["text"]
                else:
                    read.thoughts += part["text"]
            read.tool, read.arguments = item.get("name", read.tool), item.get("arguments", read.arguments)
        read.finish = "stop" if body["status"] == "completed" else body["incomplete_details"]["reason"]
        take_usage(read, body["usage"], "input_tokens", "output_tokens")
    elif dialect == "ollama":
        read.take_message(body["message"])
        read.finish = body["done_reason"]
        take_usage(read, body, "prompt_eval_count", "eval_count")
    else:
        read.take_message(body["choices"][0]["message"])
        read.finish = body["choices"][0]["finish_reason"]
        take_usage(read, body["usage"])
    return read


def error_of(dialect, raw):
    """(message, code or type) of an error's body."""
    body = json.loads(raw)
    if dialect == "cerebras":
        return body["message"], body["code"]
    if dialect == "mistral":
        return (body["message"], body["code"]) if "message" in body else (body["detail"][0]["msg"], body["detail"][0]["loc"][-1])
    if dialect == "anthropic":
        assert body["type"] == "error", body
        return body["error"]["message"], body["error"]["type"]
    if dialect == "ollama":
        return body["error"], body.get("code")
    return body["error"]["message"], body["error"]["code"]
