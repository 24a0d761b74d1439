// Sends one incident to a generic webhook, signed over "timestamp:body".
const { createHmac } = require('node:crypto');
const { WEBHOOK_URL, WEBHOOK_SECRET } = process.env;

async function send() {
  const noticed = new Date().toISOString();
  const body = JSON.stringify({
    eventType: 'incident',
    incidentId: 'orders-1041',
    action: 'created',
    priority: 'HIGH',
    title: 'Orders wait longer than a minute',
    timestamp: noticed,
    service: 'orders',
    data: { metadata: { region: 'eu-west-1', environment: 'blue' } },
  });
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(`${noticed}:${body}`).digest('base64');
  const headers = {
    'Content-Type': 'application/json',
    'x-amzn-event-timestamp': noticed,
    'x-amzn-event-signature': signature,
  };
  const answer = await fetch(WEBHOOK_URL, { method: 'POST', headers, body });
  console.log(`${answer.status} ${await answer.text()}`);
}

send();
