import { defineCollector } from '../collector.ts'
import { readRoutes } from './rtnetlink-route.ts'

export const networkRoute = defineCollector({
  name: 'network_route',
  isDefault: false,
  create:
    ({ system }) =>
    (page) => {
      const info = page.gauge('node_network_route_info', 'network routing table information', [
        'device',
        'src',
        'dest',
        'gw',
        'priority',
        'proto',
        'weight',
      ])
      const counts = new Map<string, number>()
      for (const route of readRoutes(system)) {
        const { device, source, destination, gateway, priority, protocol, weight, isUnicast } =
          route
        if (!isUnicast) continue
        counts.set(device, (counts.get(device) ?? 0) + 1)
        info.add(1, device, source, destination, gateway, String(priority), protocol, weight)
      }
      const routes = page.gauge('node_network_routes', 'network routes by interface', ['device'])
      for (const [device, count] of counts) routes.add(count, device)
    },
})
