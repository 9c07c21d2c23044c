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
options="-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
if [ "$class" = kafka.Kafka ]; then
  options="-Xmx512m -Xms256m -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=info"
fi
# shellcheck disable=SC2086 # words
exec java ${KAFKA_HEAP_OPTS:-} $options -cp '/opt/kafka/libs/*' "$class" "$@"
