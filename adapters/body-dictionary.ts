// What the JSON of Segment's libraries has in common, for the compression of stored bodies: without it a body of 1.3 KB
// deflates to some 740 bytes, and with the event's other attributes is over DynamoDB's write unit of 1 KB; with it to less
// than half (docs/decisions/0046). Later text is cheaper to refer to, so what every event has comes last.
//
// It can never change: every body that was stored with it needs it, byte for byte, for ever. A better one is another one,
// with the next number in its marker.

export const BODY_DICTIONARY = Buffer.from(
  [
    '"context":{"active":true,"app":{"build":"1","name":"App","namespace":"com.","version":"1.0.0"},"device":{"adTrackingEnabled":false,"advertisingId":"","id":"","manufacturer":"Apple","model":"iPhone","name":"","type":"ios"},"instanceId":"","ip":"","library":{"name":"analytics-react-native","version":"2."},"locale":"en-US","network":{"bluetooth":false,"carrier":"","cellular":false,"wifi":true},"os":{"name":"iOS","version":"18."},"screen":{"density":3,"height":844,"width":390},"timezone":"America/Los_Angeles","traits":{}}',
    '"groupId":"","traits":{"company":{"id":"","name":""},"createdAt":"","firstName":"","lastName":"","phone":"","title":"","username":"","name":"","email":"@example.com","plan":"free","billingUserId":"cus_"}',
    '"context":{"personas":{"computation_class":"audience","computation_id":"aud_","computation_key":"","namespace":"spa_","space_id":"spa_"}},',
    '"properties":{"currency":"USD","revenue":0,"price":0,"quantity":1,"items":[{"sku":"","product_id":"","name":"","category":"","price":0}],"value":0,"total":0,"label":"","source":"web","status":"","type":"","id":"","url":"","path":"/","title":"","count":1,"size":0,"duration":0,"workspace":"","workspaceId":"","teamId":"","team":"","organizationId":"","accountId":"","projectId":"","region":"us-east-1","plan":"pro","trial":false,"enabled":true,"null":null,"featureId":"","delta":1}',
    '"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36","userAgent":"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1","userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"',
    '"context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"},"timezone":"Europe/London"}',
    '"context":{"campaign":{"name":"","source":"","medium":"","term":"","content":""},"ip":"","locale":"en-US","timezone":"America/New_York","page":{"path":"/","referrer":"https://www.google.com/","search":"","title":"","url":"https://app.example.com/"},"userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36","userAgentData":{"brands":[{"brand":"Chromium","version":"140"},{"brand":"Not/A)Brand","version":"8"},{"brand":"Google Chrome","version":"140"}],"mobile":false,"platform":"macOS"},"library":{"name":"analytics.js","version":"npm:next-1.84.3"}}',
    '"integrations":{},"_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[],"nodeVersion":"24."},"projectId":"","channel":"client","channel":"server","version":2,"writeKey":"","originalTimestamp":"2026-01-01T00:00:00.000Z","sentAt":"2026-01-01T00:00:00.000Z","receivedAt":"2026-01-01T00:00:00.000Z","timestamp":"2026-01-01T00:00:00.000Z","anonymousId":"","messageId":"ajs-next-","messageId":"node-next-","type":"identify","type":"track","event":"","userId":"","properties":{"',
  ].join(''),
);
