// Sends one incident to a webhook that wants a bearer token.
const { WEBHOOK_URL, WEBHOOK_SECRET } = process.env;

async function send() {
  const body = JSON.stringify({
    eventType: 'incident',
    incidentId: 'ledger-77',
    action: 'created',
    priority: 'LOW',
    title: 'The ledger lags behind',
  });
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${WEBHOOK_SECRET}` };
  const answer = await fetch(WEBHOOK_URL, { method: 'POST', headers, body });
  console.log(`${answer.status} ${await answer.text()}`);
}

send();
