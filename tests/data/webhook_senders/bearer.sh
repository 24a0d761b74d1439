# Sends one incident to a webhook that wants a bearer token.
set -eu
printf '%s' '{"eventType":"incident","incidentId":"mail-10","action":"created","priority":"HIGH","title":"Mail is lost"}' |
    curl -sS "$WEBHOOK_URL" --data-binary @- \
        -H 'content-type: application/json' \
        -H "authorization: Bearer $WEBHOOK_SECRET"
