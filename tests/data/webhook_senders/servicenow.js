// A business rule of ServiceNow, to run after an incident is inserted or updated: tells midwatch, signed over the body alone.
// Properties of the instance hold the address and the secret: midwatch.url and midwatch.secret.
(function tell(record) {
    function said(name) {
        var field = record[name];
        return field && !field.nil() ? field.toString() : null;
    }
    function all(names) {
        var found = {};
        for (var at in names) {
            var words = said(names[at]);
            if (words !== null) found[at] = words;
        }
        return found;
    }
    var event = all({
        sysId: 'sys_id', priority: 'priority', impact: 'impact', urgency: 'urgency', active: 'active', severity: 'severity',
        incidentState: 'incident_state', shortDescription: 'short_description', description: 'description', parent: 'parent'
    });
    event.eventType = record.operation() === 'insert' ? 'create' : 'update';
    event.additionalContext = all({number: 'number', opened_at: 'opened_at', category: 'category', subcategory: 'subcategory'});
    var body = JSON.stringify(event);
    // The key of generateMac is in base64.
    var key = GlideStringUtil.base64Encode(gs.getProperty('midwatch.secret'));
    var message = new sn_ws.RESTMessageV2();
    message.setHttpMethod('POST');
    message.setEndpoint(gs.getProperty('midwatch.url'));
    message.setRequestHeader('Content-Type', 'application/json');
    message.setRequestHeader('x-amzn-event-signature', new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', body));
    message.setRequestBody(body);
    var answer = message.execute();
    gs.info(answer.getStatusCode() + ' ' + answer.getBody());
})(current);
