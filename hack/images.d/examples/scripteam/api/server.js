// Scripts come in by POST /scripts: each is a row in PostgreSQL, a file among the uploads and
// a job in Redis, which a worker takes up and ends by writing the number of words to the row.
const fs = require('node:fs/promises');
const http = require('node:http');
const { Queue, Worker } = require('bullmq');
const { Pool } = require('pg');

const uploads = '/app/uploads';
const database = new Pool({ connectionString: process.env.DATABASE_URL });
const redis = new URL(process.env.REDIS_URL);
const connection = { host: redis.hostname, port: Number(redis.port || 6379) };
const jobs = new Queue('scripts', { connection });

new Worker('scripts', async ({ data: { id } }) => {
  await database.query("update scripts set words = array_length(regexp_split_to_array(text, '\\s+'), 1) where id = $1", [id]);
}, { connection });

const routes = {
  'GET /health': async () => {
    await database.query('select 1');
    await (await jobs.client).ping();
    return [200, { status: 'ok' }];
  },
  'GET /': async () => [200, { service: 'api', node: process.version }],
  'GET /scripts': async () => [200, (await database.query('select id, text, words from scripts order by id')).rows],
  'POST /scripts': async (text) => {
    const { rows: [row] } = await database.query('insert into scripts (text) values ($1) returning id, text', [text]);
    await fs.writeFile(`${uploads}/${row.id}.txt`, text);
    await jobs.add('count', { id: row.id });
    return [201, row];
  },
};

const server = http.createServer(async (request, response) => {
  let text = '';
  for await (const part of request) text += part;
  const route = routes[`${request.method} ${request.url}`] ?? (async () => [404, { error: 'no such page' }]);
  const [code, body] = await route(text).catch((error) => [503, { error: error.message }]);
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});

database.query('create table if not exists scripts (id serial primary key, text text not null, words integer)')
  .then(() => server.listen(3000));
process.on('SIGTERM', () => process.exit(0));
