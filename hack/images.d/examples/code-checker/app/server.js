// POST /api/tasks takes a text; a worker takes it from the queue in Redis and writes how many
// lines are too long to PostgreSQL. GET /api/settings is for those who know the token, which
// comes in a file.
const fs = require('node:fs');
const http = require('node:http');
const { Queue, Worker } = require('bullmq');
const { Pool } = require('pg');

const token = fs.readFileSync(process.env.SETTINGS_TOKEN_FILE, 'utf8').trim();
const concurrency = Number(process.env.MAX_CONCURRENT_ANALYSIS_TASKS);
const database = new Pool({ connectionString: process.env.DATABASE_URL });
const redis = new URL(process.env.REDIS_URL);
const connection = { host: redis.hostname, port: Number(redis.port || 6379) };
const tasks = new Queue('analysis', { connection });

new Worker('analysis', async ({ id, data }) => {
  const long = data.text.split('\n').filter((line) => line.length > 20).length;
  await database.query('insert into results (task, long_lines) values ($1, $2)', [id, long]);
}, { connection, concurrency });

const routes = {
  'GET /': async () => [200, 'text/html', '<title>code-checker</title>'],
  'POST /api/tasks': async (text) => [202, 'application/json', JSON.stringify({ task: (await tasks.add('analyse', { text })).id })],
  'GET /api/results': async () =>
    [200, 'application/json', JSON.stringify((await database.query('select task, long_lines from results order by task')).rows)],
  'GET /api/settings': async (_, headers) =>
    headers.authorization === `Bearer ${token}`
      ? [200, 'application/json', JSON.stringify({ concurrency, model: process.env.OPENAI_MODEL })]
      : [401, 'text/plain', 'the token is another one'],
};

const server = http.createServer(async (request, response) => {
  let text = '';
  for await (const part of request) text += part;
  const route = routes[`${request.method} ${request.url}`] ?? (async () => [404, 'text/plain', 'no such page']);
  const [code, type, body] = await route(text, request.headers).catch((error) => [503, 'text/plain', error.message]);
  response.writeHead(code, { 'content-type': type }).end(body);
});

database.query('create table if not exists results (task text primary key, long_lines integer not null)')
  .then(() => server.listen(3000));
process.on('SIGTERM', () => process.exit(0));
