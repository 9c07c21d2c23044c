# shellcheck shell=bash disable=SC2034
# InfiniteScribe with all of its optional parts: a novel goes through the gateway to
# PostgreSQL, Neo4j, Redis and, by Kafka, to each agent; MinIO keeps an object; a worker of
# Prefect finds its server; and the init script made Prefect's database.

COMPOSE=(docker-compose.yml docker-compose.backend.yml)
PROFILES=('*')
READY_WITHIN=600

# Its .env is there.
prepare() { :; }

use_example() {
  local gateway minio prefect neo4j
  gateway=http://$(published api-gateway):8000
  minio=http://$(published minio):9000
  neo4j=http://$(published neo4j):7474
  prefect=http://$(published prefect-api):4200/api
  proves "a novel goes through the gateway" '"title":"Dune"' ask --request POST "$gateway/novels?title=Dune"
  proves "it is in PostgreSQL" '^Dune$' inside postgres psql -U postgres -d infinite_scribe -tAc 'select title from novels'
  proves "it is a node in Neo4j, asked from outside" 'Dune' ask --user neo4j:change-me-too \
    --json '{"statements": [{"statement": "match (n:Novel) return n.title"}]}' "$neo4j/db/neo4j/tx/commit"
  proves "it is counted in Redis, which wants a password" '^1$' inside redis redis-cli --no-auth-warning -a change-me get novels
  proves "its message is in Kafka" '^1' inside kafka /opt/kafka/bin/kafka-console-consumer.sh \
    --bootstrap-server kafka:29092 --topic novels --from-beginning --max-messages 1 --timeout-ms 20000
  proves "the three agents had it, and wrote their notes" 'agent-outliner.*agent-plotmaster.*agent-worldsmith' \
    ask "$gateway/novels/1/notes"
  proves "an object goes to the bucket that minio-init made" '200' \
    ask_status "${AS_OWNER[@]}" --data-binary 'In the week before their departure' --request PUT "$minio/novels/dune.txt"
  proves "and comes back" 'In the week' ask "${AS_OWNER[@]}" "$minio/novels/dune.txt"
  proves "MinIO asks who it is" '403' ask_status "$minio/novels/dune.txt"
  proves "etcd keeps a key" '^OK' inside etcd etcdctl put novel dune
  proves "the stub of Milvus says what it is" '"stub":true' inside milvus curl -s http://localhost:9091/
  proves "the init script made a second database, and Prefect its tables there" '^work_pool$' \
    inside postgres psql -U postgres -d prefect -tAc "select tablename from pg_tables where tablename = 'work_pool'"
  proves "Prefect's worker is online" '"status":"ONLINE"' \
    ask --json '{}' "$prefect/work_pools/writers/workers/filter"
}

# As S3's clients sign their requests.
AS_OWNER=(--aws-sigv4 aws:amz:us-east-1:s3 --user minioadmin:change-me
  --header x-amz-content-sha256:UNSIGNED-PAYLOAD --header content-type:text/plain)
