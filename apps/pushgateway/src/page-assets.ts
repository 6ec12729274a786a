/** Style and script of the page. Everything is readable without the script; deleting needs it. */

export const STYLE = `
:root {
  color-scheme: light dark;
  --alt: light-dark(#f6f7f9, #1b1f26); --text: light-dark(#1b1f24, #e4e8ee); --dim: light-dark(#59636e, #9aa5b1);
  --line: light-dark(#d5dae0, #2b313a); --link: light-dark(#0b5cad, #6cb2ff); --brand: #e6522c;
  --bad: light-dark(#c4162a, #ff7a85); --bad-text: light-dark(#fff, #14171c);
  --good-fill: light-dark(#e0f1f8, #0f2f3d); --good-text: light-dark(#08577a, #86d0f0);
  --warning-fill: light-dark(#fff1d6, #38290c); --warning-text: light-dark(#7a4800, #f7c766);
}
body {
  color: var(--text); background: light-dark(#fff, #14171c); margin: 0 auto; max-width: 80rem; padding: 0 1rem 3rem;
  font: 13px/18px system-ui, sans-serif;
}
header { display: flex; gap: 1.5rem; align-items: center; border-bottom: 2px solid var(--brand); }
header h1 { font-size: 18px; }
header nav { flex: 1; display: flex; gap: 1rem; }
a { color: var(--link); }
details { border: 1px solid var(--line); border-radius: 4px; margin: .5rem 0; padding: .4rem .8rem; }
details[open] > summary { margin-bottom: .4rem; }
summary { cursor: pointer; }
details.family { margin-left: 1rem; background: var(--alt); }
code { border-radius: 4px; padding: 0 .3rem; background: var(--alt); border: 1px solid var(--line); overflow-wrap: anywhere; }
code.job { background: var(--good-fill); color: var(--good-text); }
code.instance { background: var(--warning-fill); color: var(--warning-text); }
button { font: inherit; border-radius: 4px; border: 1px solid var(--line); padding: .1rem .6rem; cursor: pointer; background: none; }
button:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.danger { color: var(--bad); }
.entry { position: relative; }
.entry > button { position: absolute; top: .3rem; right: .6rem; }
details.group > summary { padding-right: 8rem; }
.failed { background: var(--bad); color: var(--bad-text); border-radius: 1rem; padding: 0 .6rem; font-style: normal; }
#alert { border: 1px solid var(--bad); padding: .5rem; }
table { border-collapse: collapse; margin: .5rem 0; }
td, th { border: 1px solid var(--line); padding: .2rem .6rem; text-align: left; vertical-align: top; }
time, small { color: var(--dim); }
`

export const SCRIPT = `
const prefix = document.body.dataset.prefix
const complain = (text) => {
  const box = document.getElementById('alert')
  box.textContent = text
  box.hidden = false
}
const send = async (method, path) => {
  try {
    const answer = await fetch(prefix + path, { method })
    if (!answer.ok) throw new Error(answer.status + ' ' + (await answer.text()))
    return true
  } catch (err) {
    complain('That did not work: ' + err.message)
    return false
  }
}
document.addEventListener('click', async (event) => {
  const button = event.target.closest('button')
  if (!button) return
  event.preventDefault()
  if (button.id === 'wipe') {
    if (!confirm('Delete all groups and their metrics?')) return
    if (await send('PUT', '/api/v1/admin/wipe')) location.reload()
    return
  }
  const group = button.closest('.entry')
  const name = group.querySelector('summary').innerText.split('\\n')[0]
  if (!confirm('Delete the group ' + name + ' and its metrics?')) return
  if (!(await send('DELETE', group.dataset.group))) return
  group.remove()
  const count = document.getElementById('count')
  if (count) count.textContent = Number(count.textContent) - 1
})
const key = 'open-groups'
const open = new Set(JSON.parse(sessionStorage.getItem(key) ?? '[]'))
for (const group of document.querySelectorAll('details.group')) {
  const id = group.parentElement.dataset.group
  group.open = open.has(id)
  group.addEventListener('toggle', () => {
    if (group.open) open.add(id)
    else open.delete(id)
    sessionStorage.setItem(key, JSON.stringify([...open]))
  })
}
`
