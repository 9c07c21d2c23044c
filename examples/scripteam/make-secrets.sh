#!/usr/bin/env bash
# Print the two Secrets that stack.yaml names, with new random passwords and a
# new self-signed certificate:
#
#   examples/scripteam/make-secrets.sh | kubectl apply -f -
#
# Once for a namespace: PostgreSQL keeps the password that it was initialised
# with, so new ones do not fit an old volume.
set -euo pipefail

command -v openssl > /dev/null || {
  echo "make-secrets.sh: openssl is missing: apt-get install openssl" >&2
  exit 1
}

# Hexadecimal, since the password also stands in a URL.
password() { openssl rand -hex 16; }

indent() { sed 's/^/    /' "$1"; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
  -subj /CN=scripteam.local -addext subjectAltName=DNS:scripteam.local,DNS:localhost \
  -keyout "$work/privkey.pem" -out "$work/fullchain.pem" 2> "$work/log" || {
  cat "$work/log" >&2
  exit 1
}

cat << YAML
apiVersion: v1
kind: Secret
metadata:
  name: scripteam-env
stringData:
  POSTGRES_PASSWORD: "$(password)"
  N8N_AUTH_USER: admin
  N8N_AUTH_PASSWORD: "$(password)"
---
apiVersion: v1
kind: Secret
metadata:
  name: scripteam-tls
stringData:
  fullchain.pem: |
$(indent "$work/fullchain.pem")
  privkey.pem: |
$(indent "$work/privkey.pem")
YAML
