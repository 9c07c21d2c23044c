"""One image, several services: the gateway takes novels, and each agent writes a note on each.

A novel is a row in PostgreSQL, a node in Neo4j, a counter in Redis and a message in Kafka, from
which the agents learn of it.
"""

import os

import psycopg
import redis
import uvicorn
from fastapi import FastAPI
from kafka import KafkaConsumer, KafkaProducer
from neo4j import GraphDatabase

service = os.environ["SERVICE_TYPE"]
servers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
graph = GraphDatabase.driver(os.environ["NEO4J_URI"], auth=(os.environ["NEO4J_USER"], os.environ["NEO4J_PASSWORD"]))
counter = redis.Redis.from_url(os.environ["REDIS_URL"])

TABLES = """
create table if not exists novels (id serial primary key, title text not null);
create table if not exists notes (novel integer references novels, agent text, primary key (novel, agent))
"""


def database():
    connection = psycopg.connect(os.environ["DATABASE_URL"])
    connection.execute("select pg_advisory_xact_lock(1)")
    connection.execute(TABLES)
    return connection


def gateway():
    app = FastAPI(title="InfiniteScribe")
    producer = KafkaProducer(bootstrap_servers=servers)

    @app.get("/health")
    def health():
        counter.ping()
        graph.verify_connectivity()
        return {"status": "ok"}

    @app.post("/novels", status_code=201)
    def add(title: str):
        with database() as connection:
            (number,) = connection.execute("insert into novels (title) values (%s) returning id", (title,)).fetchone()
        graph.execute_query("create (:Novel {id: $id, title: $title})", id=number, title=title)
        counter.incr("novels")
        producer.send("novels", str(number).encode()).get(timeout=10)
        return {"id": number, "title": title}

    @app.get("/novels/{number}/notes")
    def notes(number: int):
        with database() as connection:
            rows = connection.execute("select agent from notes where novel = %s order by agent", (number,))
            return [agent for (agent,) in rows]

    uvicorn.run(app, host="0.0.0.0", port=8000)


def agent():
    messages = KafkaConsumer("novels", bootstrap_servers=servers, group_id=service, auto_offset_reset="earliest")
    for message in messages:
        with database() as connection:
            connection.execute("insert into notes values (%s, %s) on conflict do nothing", (int(message.value), service))


if __name__ == "__main__":
    gateway() if service == "api-gateway" else agent()
