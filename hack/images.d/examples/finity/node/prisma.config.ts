// The engine in JavaScript, since the other one is downloaded from elsewhere.
import { Pool } from 'pg';
import { defineConfig } from 'prisma/config';
import { PrismaPg } from '@prisma/adapter-pg';

// This engine asks for columns of PostgreSQL's type name (19), which the adapter does not know; it is text (25).
class NamesAreTexts extends Pool {
  async query(...args) {
    const result = await super.query(...args);
    for (const field of result.fields ?? []) if (field.dataTypeID === 19) field.dataTypeID = 25;
    return result;
  }
}

export default defineConfig({
  experimental: { adapter: true },
  engine: 'js',
  adapter: async () => new PrismaPg(new NamesAreTexts({ connectionString: process.env.DATABASE_URL })),
});
