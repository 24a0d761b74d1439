# Sends one incident to a generic webhook, signed over "timestamp:body".
set -eu
now=$(date -u +%FT%TZ)
body='{"eventType":"incident","incidentId":"mail-9","action":"created","priority":"MEDIUM","title":"Mail is late"}'
signature=$(printf '%s:%s' "$now" "$body" | openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" -binary | openssl base64 -A)
printf '%s' "$body" | curl -sS "$WEBHOOK_URL" --data-binary @- \
    -H 'content-type: application/json' \
    -H "x-amzn-event-timestamp: $now" \
    -H "x-amzn-event-signature: $signature"
