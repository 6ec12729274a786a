// The part of EC2's query API that discovery uses: two running instances, one of them with the tag Monitoring=off.
import { createServer } from 'node:http'

const instance = (id, tags) => `
  <item>
    <instanceId>${id}</instanceId>
    <imageId>ami-1</imageId>
    <instanceState><code>16</code><name>running</name></instanceState>
    <privateDnsName>${id}.internal</privateDnsName>
    <instanceType>t4g.small</instanceType>
    <architecture>arm64</architecture>
    <placement><availabilityZone>eu-central-1a</availabilityZone></placement>
    <privateIpAddress>127.0.0.1</privateIpAddress>
    <vpcId>vpc-1</vpcId>
    <subnetId>subnet-1</subnetId>
    <tagSet>${Object.entries(tags)
      .map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`)
      .join('')}</tagSet>
  </item>`

const answers = {
  DescribeInstances: `<reservationSet><item>
    <reservationId>r-1</reservationId><ownerId>123456789012</ownerId>
    <instancesSet>${instance('i-1', { Name: 'shop' })}${instance('i-2', { Name: 'lab', Monitoring: 'off' })}</instancesSet>
  </item></reservationSet>`,
  DescribeAvailabilityZones: `<availabilityZoneInfo><item>
    <zoneName>eu-central-1a</zoneName><zoneId>euc1-az1</zoneId>
  </item></availabilityZoneInfo>`,
}

createServer(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  const action = new URLSearchParams(body).get('Action')
  // A request that nobody signed is none of ours.
  const isSigned = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')
  response.writeHead(isSigned && answers[action] ? 200 : 403, { 'content-type': 'text/xml' })
  response.end(
    `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${answers[action]}</${action}Response>`,
  )
}).listen(8600, '127.0.0.1')
