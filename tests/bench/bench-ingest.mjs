// The other client of bench-ingest: the official one for node, reading one answer after a small one that makes the connection.
import OpenAI from 'openai';

const base = process.argv[2];

async function read(url) {
  const client = new OpenAI({ baseURL: url, apiKey: 'none', maxRetries: 0 });
  const stream = await client.chat.completions.create({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] });
  let events = 0, text = 0;
  for await (const chunk of stream) {
    events++;
    text += chunk.choices?.[0]?.delta?.content?.length ?? 0;
  }
  return { events, text };
}

await read(base.replace(/flood\/\d+/, 'flood/6400'));
const began = process.hrtime.bigint();
const result = await read(base);
const wall = Number(process.hrtime.bigint() - began) / 1e9;
console.log(JSON.stringify({ ...result, wall }));
