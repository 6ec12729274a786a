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

/** No script, and nothing from elsewhere. */
export const LANDING_PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
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
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>
:root {
  color-scheme: light dark;
  --alt: light-dark(#f6f7f9, #1b1f26); --text: light-dark(#1b1f24, #e4e8ee); --dim: light-dark(#59636e, #9aa5b1);
  --line: light-dark(#d5dae0, #2b313a); --link: light-dark(#0b5cad, #6cb2ff); --bad: light-dark(#c4162a, #ff7a85);
}
body {
  background: light-dark(#fff, #14171c); color: var(--text); font: 13px/18px system-ui, sans-serif; margin: 0 auto;
  max-width: 80rem; padding: 0 1rem 3rem;
}
header { border-bottom: 2px solid #e6522c; }
h1 { font-size: 18px; }
h2 { font-size: 15px; }
a { color: var(--link); }
a:focus-visible, input:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
small, p.version { color: var(--dim); }
table { border-collapse: collapse; }
td, th { border-bottom: 1px solid var(--line); padding: .2rem .8rem .2rem 0; text-align: left; }
td.number, th.number { text-align: right; }
td.bad { color: var(--bad); }
input[type=text] { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; }
pre { overflow: auto; padding: .5rem; border: 1px solid var(--line); background: var(--alt); }
</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1></header>
<main>
<p>${escapeHtml(description)}</p>
<ul>
${items}
</ul>
${more}
<p class="version">Version ${escapeHtml(version)}</p>
</main>
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
