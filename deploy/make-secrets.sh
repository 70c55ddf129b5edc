#!/usr/bin/env bash
# Makes what deploy/compose.yaml needs and nobody else may know; what is there already stays as it is.
#
#   deploy/make-secrets.sh anna ben      # a token for each of these readers, in deploy/readers.env
set -euo pipefail
cd "$(dirname "$0")"
umask 077
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# The folder keeps others of this machine out; within, the users of the containers must be able to read.
mkdir -p secrets
if [ ! -e secrets/database ]; then
  password=$(random)
  printf '%s' "$password" > secrets/database_password
  printf 'postgresql://assay:%s@database/assay' "$password" > secrets/database
fi
[ -e secrets/metrics_token ] || random > secrets/metrics_token
chmod a+r secrets/*

touch readers.env
for reader in "$@"; do
  name=ASSAY_TOKEN_$(printf '%s' "$reader" | tr '[:lower:]' '[:upper:]')
  grep -q "^$name=" readers.env || printf '%s=%s\n' "$name" "$(random)" >> readers.env
done
