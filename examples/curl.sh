#!/usr/bin/env bash
# The main job with curl: a connect link, a person's consent, channels.
#   PATCHBAY_URL=http://127.0.0.1:8080 PATCHBAY_API_KEY=pb_… examples/curl.sh [OWNER]
set -euo pipefail
: "${PATCHBAY_URL:?the address of the server}" "${PATCHBAY_API_KEY:?an API key}"
owner=${1:-user_42}

# call PATH [CURL OPTION]... is one request. A refusal ends the script and shows the problem.
call() {
  local path=$1
  shift
  curl --silent --show-error --fail-with-body --max-time 90 \
    --header "Authorization: Bearer $PATCHBAY_API_KEY" --header 'Content-Type: application/json' "$@" "$PATCHBAY_URL$path"
}

# member NAME takes a member of the first level out of JSON; jq does it better where it is installed.
member() { sed -n "s/^{\([^{[]*,\)\{0,1\}\"$1\":\"\{0,1\}\([^\",}]*\).*/\2/p"; }

# A key of its own makes it safe to send the request again when no answer comes.
session=$(call /v1/sessions --retry 3 --header "Idempotency-Key: $(date +%s)-$RANDOM$RANDOM" --data "{\"owner\": {\"external_id\": \"$owner\"}}")
id=$(member id <<<"$session")
echo "Open this link and connect an account: $(member connect_url <<<"$session")"

# The server holds the question until the person is through, for at most 60 seconds.
status=pending
while [ "$status" = pending ]; do
  session=$(call "/v1/sessions/$id?wait=60")
  status=$(member status <<<"$session")
done
echo "The session $status."
[ "$status" = succeeded ] || { echo "$session"; exit 1; }

echo "The channels of $owner:"
call "/v1/channels?owner=$owner"
echo
