-- Runs once, when the data folder is empty, in the database that POSTGRES_DB
-- names. n8n keeps its own data in a database of its own.
CREATE DATABASE n8n;
