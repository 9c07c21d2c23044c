#!/bin/sh
# Runs the Java class that its name, or its first argument, stands for.
set -eu

case ${0##*/} in
  kafka-broker-api-versions.sh) class=kafka.admin.BrokerApiVersionsCommand ;;
  kafka-console-consumer.sh) class=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
  kafka-console-producer.sh) class=kafka.tools.ConsoleProducer ;;
  kafka-server-start.sh) class=kafka.Kafka ;;
  kafka-storage.sh) class=kafka.tools.StorageTool ;;
  kafka-topics.sh) class=org.apache.kafka.tools.TopicCommand ;;
  *)
    class=$1
    shift
    ;;
esac
# A command line tool lives for a moment: the quickest compiler, and the simplest collector.
options="-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dlevel=WARN"
if [ "$class" = kafka.Kafka ]; then
  options="-Xmx512m -Xms256m -XX:+UseSerialGC -Dlevel=INFO"
fi
# shellcheck disable=SC2086 # words
exec java ${KAFKA_HEAP_OPTS:-} $options -Dlog4j.configuration=file:/opt/kafka/config/log4j.properties \
  -cp '/opt/kafka/libs/*' "$class" "$@"
