/** A routing tree drawn with lines. */
import { printMatchers, type Route } from '@prom/alerting'

/** The whole tree; or, with `targets`, only the branches that lead to them, their receivers at the ends. */
export function printRoutes(root: Route, targets?: ReadonlySet<Route>): string {
  return `.\n${draw([root], '', targets)}`
}

function draw(
  routes: readonly Route[],
  indent: string,
  targets: ReadonlySet<Route> | undefined,
): string {
  const shown = targets ? routes.filter((route) => leadsTo(route, targets)) : routes
  return shown
    .map((route, i) => {
      const isLast = i === shown.length - 1
      const inner = draw(route.routes, `${indent}${isLast ? '    ' : '│   '}`, targets)
      return `${indent}${isLast ? '└── ' : '├── '}${label(route, targets)}\n${inner}`
    })
    .join('')
}

function leadsTo(route: Route, targets: ReadonlySet<Route>): boolean {
  for (const inner of route.walk()) if (targets.has(inner)) return true
  return false
}

function label(route: Route, targets: ReadonlySet<Route> | undefined): string {
  const parts = [route.matchers.length > 0 ? printMatchers(route.matchers) : 'default-route']
  if (route.continues && !targets) parts.push('continue: true')
  if (!targets || targets.has(route)) parts.push(`receiver: ${route.options.receiver}`)
  return parts.join('  ')
}
