// Articles, kept by Prisma in the database that the init script made.
const express = require('express');
const { PrismaPg } = require('@prisma/adapter-pg');
const { PrismaClient } = require('@prisma/client');

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });
const app = express();
app.use(express.json());
app.use((request, response, next) => {
  response.set('access-control-allow-origin', process.env.CORS_ORIGIN);
  next();
});
app.get('/health', async (_, response) => response.json({ articles: await prisma.article.count() }));
app.get('/api/articles', async (_, response) => response.json(await prisma.article.findMany()));
app.post('/api/articles', async (request, response) =>
  response.status(201).json(await prisma.article.create({ data: { title: request.body.title } })));
app.listen(Number(process.env.PORT));
process.on('SIGTERM', () => process.exit(0));
