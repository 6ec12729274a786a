/** A plain first page for people: what this is, and where to go from here. */
export interface LandingPageOptions {
  readonly title: string
  readonly description: string
  readonly version: string
  readonly links: readonly {
    readonly href: string
    readonly text: string
    readonly about?: string
  }[]
  /** More HTML below the links, made by the caller and escaped by it. */
  readonly more?: string
}

export function printLandingPage(options: LandingPageOptions): string {
  const { title, description, version, links, more = '' } = options
  const items = links
    .map(({ href, text, about }) => {
      const note = about ? ` <small>${escapeHtml(about)}</small>` : ''
      return `<li><a href="${escapeHtml(href)}">${escapeHtml(text)}</a>${note}</li>`
    })
    .join('\n')
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-weight: 600; margin-bottom: 0; }
small, p.version { color: gray; }
input[type=text] { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; }
pre { overflow: auto; padding: .5rem; border: 1px solid gray; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(description)}</p>
<ul>
${items}
</ul>
${more}
<p class="version">Version ${escapeHtml(version)}</p>
</body>
</html>
`
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;')
}
