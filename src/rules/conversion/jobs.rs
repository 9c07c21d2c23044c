//! Jobs and their schedules.

use super::list;

list! { JOBS by Converter:
    SCHEDULE "schedule" "SW1901" Refused []
        "schedule that Docker refuses or Kubernetes cannot express",
        "a schedule has five fields with numbers, lists, ranges, *, */n and a-b/n. Docker refuses names, @daily and dates that never come. Kubernetes cannot restrict the days of the month by */n together with the weekdays",
        "write minute, hour, day of the month, month and weekday, such as 30 2 * * 1-5" => "
        services:
          web:
            image: nginx:1.29
        jobs:
          nightly:
            image: example/backup:1
            triggers:
              schedule: ['@daily']
        ";
    SEVERAL_SCHEDULES "several-schedules" "SW1902" Refused []
        "job with several schedules",
        "Docker Compose supports one schedule for each job",
        "write one job for each schedule. A job can extend another one" => "
        services:
          web:
            image: nginx:1.29
        jobs:
          backup:
            image: example/backup:1
            triggers:
              schedule: [0 3 * * *, 0 15 * * 6]
        ";
    TIME_ZONE "time-zone" "SW1903" Refused []
        "unknown time zone",
        "the time zone must be a name of the IANA database in its exact letter case. Local would be the time zone of the control plane",
        "write a name such as Europe/Berlin" => "
        services:
          web:
            image: nginx:1.29
        jobs:
          backup:
            image: example/backup:1
            triggers:
              schedule: [{cron: 0 3 * * *, timezone: Local}]
        ";
    JOB_PORTS "job-ports" "SW1904" Ignored []
        "ports of a job",
        "a run of a job has no Service, since no name leads to a job" => "
        services:
          web:
            image: nginx:1.29
        jobs:
          report:
            image: example/report:1
            ports: ['8080:80']
            triggers: {manual: true}
        ";
    JOB_HEALTH_CHECK "job-health-check" "SW1905" Ignored []
        "health check of a job",
        "nothing waits for the health of a run, which is over when its program ends" => "
        services:
          web:
            image: nginx:1.29
        jobs:
          report:
            image: example/report:1
            healthcheck: {test: [CMD, check]}
            triggers: {manual: true}
        ";
    JOB_ALIAS "job-alias" "SW1906" Ignored []
        "alias of a job",
        "no name leads to a run of a job. In Docker Compose, a run has one alias of its own" => "
        services:
          web:
            image: nginx:1.29
        jobs:
          report:
            image: example/report:1
            networks: {default: {aliases: [reports]}}
            triggers: {manual: true}
        ";
}
