"""Places: rows in PostgreSQL, a counter in Redis, and a journal in the volume that all replicas share."""

import os
import socket

import psycopg
import redis
from a2wsgi import ASGIMiddleware
from fastapi import FastAPI

api = FastAPI(title="LOC8")
counter = redis.Redis.from_url(os.environ["REDIS_URL"])


def database():
    connection = psycopg.connect(os.environ["DATABASE_URL"])
    connection.execute("select pg_advisory_xact_lock(1)")
    connection.execute("create table if not exists places (id serial primary key, name text not null)")
    return connection


@api.post("/api/places", status_code=201)
def add(name: str):
    with database() as connection:
        row = connection.execute("insert into places (name) values (%s) returning id", (name,)).fetchone()
    with open("/app/data/journal.txt", "a") as journal:
        journal.write(f"{socket.gethostname()} {name}\n")
    return {"id": row[0], "name": name, "added": counter.incr("places")}


@api.get("/api/places")
def places():
    with database() as connection:
        return [name for (name,) in connection.execute("select name from places order by id")]


@api.get("/api/host")
def host():
    return {"host": socket.gethostname(), "debug": os.environ["DEBUG"]}


# gunicorn's workers speak WSGI.
app = ASGIMiddleware(api)
