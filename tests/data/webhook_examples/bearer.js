function sendEventToWebhook(webhookUrl, secret) {
  const timestamp = new Date().toISOString();
  const payload = {
    eventType: 'incident',
    incidentId: 'incident-123',
    action: 'created',
    priority: "HIGH",
    title: 'Test Alert',
    description: 'Test description',
   timestamp: timestamp,
    service: 'TestService',
    data: {}
  };
  fetch(webhookUrl, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "x-amzn-event-timestamp": timestamp,
      "Authorization": `Bearer ${secret}`, // Fixed: template literal
    },
    body: JSON.stringify(payload),
  });
}
