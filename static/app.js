// Draws the charts of a page from the JSON options that stand in it, in the
// colours of the reader's theme. Nothing is fetched but from this server.
'use strict'

const minus = '\u2212', thin = '\u202f'
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const monthName = ym => monthNames[ym.slice(5, 7) - 1] + ' ' + ym.slice(0, 4)
const charts = []

// token reads a colour such as var(--series-1) from app.css.
const token = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

// writeValue writes a number as the server does in tables.
function writeValue (format, v) {
  v *= format.factor
  const digits = format.whole || Math.abs(v) >= 10000 ? 0 : 2
  const [whole, part] = Math.abs(v).toFixed(digits).split('.')
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, thin) : whole
  return (v < 0 ? minus : '') + format.prefix + grouped + (part ? format.decimal + part : '') + format.suffix
}

// short writes the number of an axis: 18 m, 12 %.
function short (format, v) {
  v *= format.factor
  const scales = [[1e9, 'bn'], [1e6, 'm'], [1e3, 'k']]
  const [by, word] = scales.find(([by]) => Math.abs(v) >= by && (by > 1e3 || Math.abs(v) >= 1e4)) || [1, '']
  const digits = String(+(Math.abs(v) / by).toPrecision(3)).replace('.', format.decimal)
  return (v < 0 ? minus : '') + digits + (word ? thin + word : '') + (format.suffix.trim() === '%' ? format.suffix : '')
}

// Notes of days, which every chart over time marks by their letters.
const notes = JSON.parse((document.getElementById('notes') || { textContent: '[]' }).textContent)
const noted = month => notes.filter(n => n.on.startsWith(month)).map(n => n.key + ': ' + n.text)

// The functions that an option may name, for the format of its figure.
const named = {
  '@month': format => points => {
    const seen = {}
    const low = points.find(p => p.seriesName === 'range low')
    for (const p of points) {
      const exact = p.data && p.data.name
      const v = exact ? Number(exact) : p.value
      if (typeof v !== 'number' || p.seriesName === 'range low') continue
      if ((p.seriesName === 'month so far' || p.seriesName === 'forecast') && 'actual' in seen) continue
      seen[p.seriesName] = p.seriesName === '80 % range' && low
        ? writeValue(format, low.value) + ' to ' + writeValue(format, low.value + v)
        : writeValue(format, v)
      if (p.seriesName === 'actual') { delete seen['month so far']; delete seen.forecast }
    }
    if ('actual' in seen) { delete seen['80 % range']; delete seen.forecast; delete seen['month so far'] }
    return [monthName(points[0].axisValue || points[0].name), ...Object.entries(seen).map(([k, v]) => k + ': ' + v), ...noted(points[0].axisValue || points[0].name)].join('\n')
  },
  '@year': () => ym => ym.slice(0, 4),
  '@january': () => (i, ym) => ym.slice(5, 7) === '01',
  '@short': format => v => short(format, v),
  '@value': format => v => writeValue(format, v)
}
const formatterKeys = ['formatter', 'valueFormatter', 'interval']

// resolve puts colours and functions where an option names them.
function resolve (value, key, format) {
  if (typeof value === 'string') {
    if (/^var\(--[a-z0-9-]+\)$/.test(value)) return token(value.slice(4, -1))
    if (formatterKeys.includes(key) && named[value]) return named[value](format)
    return value
  }
  if (Array.isArray(value)) return value.map(v => resolve(v, key, format))
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolve(v, k, format)]))
  return value
}

// dayOf is where a category of a chart begins, as far as it says: 2026, 2026-03, Mar 2026, 2026 Q1.
function dayOf (category) {
  const text = String(category && category.value !== undefined ? category.value : category)
  if (/^\d{4}(-\d{2}){0,2}$/.test(text)) return text
  const month = text.match(/^([A-Z][a-z]{2}) (\d{4})$/), quarter = text.match(/^(\d{4}) Q([1-4])$/)
  if (month && monthNames.includes(month[1])) return month[2] + '-' + String(monthNames.indexOf(month[1]) + 1).padStart(2, '0')
  return quarter ? quarter[1] + '-' + String(quarter[2] * 3 - 2).padStart(2, '0') : ''
}

// placesOf are the notes by where they fall on a chart's first axis.
function placesOf (o) {
  const axis = [].concat(o.xAxis || [])[0] || {}, places = new Map()
  const put = (at, note) => places.set(at, [...(places.get(at) || []), note])
  if (axis.type === 'time') for (const n of notes) put(n.on, n)
  const days = axis.type === 'category' && axis.data ? axis.data.map(dayOf) : []
  if (days.length < 2 || days.includes('')) return places
  const length = days[0].length, step = days[1] > days[0] && /Q/.test(String(axis.data[0])) ? 2 : 0
  for (const n of notes) {
    const on = n.on.slice(0, length), at = days.findLastIndex(d => d <= on)
    if (at < 0 || at === days.length - 1 && on > days[at] && !(step && n.on.slice(0, 4) === days[at].slice(0, 4) && n.on.slice(5, 7) - days[at].slice(5, 7) <= step)) continue
    put(axis.data[at].value ?? axis.data[at], n)
  }
  return places
}

// annotate draws the notes on a chart over time.
function annotate (o) {
  const places = placesOf(o), first = o.series.find(s => s.type === 'line' || s.type === 'bar' || s.type === 'scatter')
  if (!places.size || !first) return
  const lines = [...places].map(([at, list]) => ({
    xAxis: at, name: list.map(n => n.key).join(' '), lineStyle: { color: token('--warn'), width: 1, type: 'dashed' },
    label: { show: true, formatter: '{b}', position: 'start', color: token('--warn'), fontSize: 10, fontWeight: 'bold', distance: -12, padding: [0, 0, 0, 11] }
  }))
  first.markLine = { symbol: ['none', 'none'], ...first.markLine, data: [...((first.markLine || {}).data || []), ...lines] }
}

// dress adds the house style to an option.
function dress (option, format, small) {
  const o = resolve(option, '', format)
  const muted = token('--muted'), line = token('--line')
  o.animation = false
  o.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily, color: muted }
  delete o.title
  delete o.toolbox
  o.grid = o.grid && [].concat(o.grid).map(g => Object.fromEntries(Object.entries(g).map(([k, v]) => [k, /^\d+$/.test(v) ? Number(v) : v])))
  o.tooltip = {
    renderMode: 'richText', confine: true, backgroundColor: token('--card'), borderColor: line, borderWidth: 1, padding: [6, 9],
    textStyle: { color: token('--ink'), fontSize: 12, lineHeight: 17 }, axisPointer: { lineStyle: { color: token('--quiet') } }, ...o.tooltip
  }
  for (const axis of [].concat(o.xAxis || [], o.yAxis || [])) {
    axis.axisTick = { show: false, ...axis.axisTick }
    axis.axisLine = { show: axis.type === 'category', lineStyle: { color: line }, ...axis.axisLine }
    axis.axisLabel = { color: muted, fontSize: 12, hideOverlap: true, ...(axis.type === 'category' && { lineHeight: 14 }), ...axis.axisLabel }
    axis.splitLine = { show: axis.type === 'value', lineStyle: { color: line }, ...axis.splitLine }
  }
  annotate(o)
  const lines = o.series.every(s => s.type === 'line')
  for (const axis of [].concat(o.xAxis || [])) if (axis.type === 'category' && lines) axis.boundaryGap = false
  for (const s of o.series) {
    for (const kind of ['markLine', 'markArea', 'markPoint']) if (s[kind]) Object.assign(s[kind], { silent: true, animation: false })
    if (s.type === 'line') Object.assign(s, { emphasis: { disabled: true }, cursor: 'default' })
    if (s.stack === 'range') Object.assign(s, { stackStrategy: 'all', z: 1 })
  }
  return o
}

function draw (c, size) {
  if (!c.chart) {
    c.chart = echarts.init(c.el, null, { renderer: 'canvas', devicePixelRatio: Math.max(2, devicePixelRatio) })
    // A mark leads to what it is made of, as its row of the table does.
    c.chart.on('click', mark => { if (mark.data && /^[/?]/.test(mark.data.link)) location.assign(mark.data.link) })
  }
  c.chart.resize(size)
  c.chart.setOption(dress(c.option, c.format, c.el.className === 'spark'), true)
  c.chart.getZr().flush()
}

for (const script of document.querySelectorAll('figure script[type="application/json"]')) {
  const figure = script.closest('figure'), el = script.previousElementSibling, d = figure.dataset
  charts.push({ el, option: JSON.parse(script.textContent), format: { decimal: d.decimal, prefix: d.prefix, suffix: d.suffix, factor: Number(d.factor), whole: 'whole' in d } })
}

// All are drawn at once: few enough, and whoever prints or pictures the page gets them.
if (window.echarts) {
  for (const c of charts) draw(c)
  const sized = new ResizeObserver(entries => {
    if (printing) return
    for (const e of entries) {
      const c = charts.find(c => c.el === e.target)
      if (c.chart && e.contentRect.width) c.chart.resize()
    }
  })
  for (const c of charts) sized.observe(c.el)
}
const redraw = () => { for (const c of charts) if (c.chart) draw(c) }
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)

// A chart gives away its data as CSV and its picture as PNG, beside its table.
function give (name, blob) {
  const a = document.createElement('a')
  a.href = URL.createObjectURL(blob)
  a.download = name
  a.click()
  setTimeout(() => URL.revokeObjectURL(a.href), 1000)
}

// csvOf writes a table with numbers that programs read. What all numbers of a column have
// in common before and after them goes to its head; a text that a spreadsheet would take
// for a formula gets an apostrophe.
function csvOf (table, decimal) {
  const text = cell => cell.textContent.trim().replace(/[\u202f\u2009\u00a0]/g, ' ').replace(/\u2212/g, '-')
  const rows = [...table.rows].map(row => [...row.cells].map(text))
  const parse = s => {
    const m = s.match(/^(\D*?)(-?\d[\d ]*(?:[.,]\d+)?)(\D*)$/)
    return m && { around: (m[1] + '#' + m[3]).trim(), value: m[2].replace(/ /g, '').replace(decimal, '.') }
  }
  rows[0].forEach((head, i) => {
    if (i === 0) return
    const cells = rows.slice(1).map(row => row[i]).filter(c => c && c !== '\u2013').map(parse)
    if (!cells.length || cells.some(c => !c || c.around !== cells[0].around)) return
    const unit = cells[0].around.replace('#', '').trim()
    if (unit) rows[0][i] = head + ' (' + unit + ')'
    for (const row of rows.slice(1)) if (row[i] && row[i] !== '\u2013') row[i] = parse(row[i]).value
  })
  const write = s => {
    if (s === '\u2013') return '' // not known
    if (/^[=+@\t\r-]/.test(s) && !/^-?\d+(\.\d+)?$/.test(s)) s = "'" + s
    return /[",\n]/.test(s) ? '"' + s.replace(/"/g, '""') + '"' : s
  }
  return '\ufeff' + rows.map(row => row.map(write).join(',')).join('\r\n') + '\r\n'
}

// pictureOf is the chart with its title above and its foot below it.
function pictureOf (c, title, foot) {
  const scale = 2, body = c.chart.renderToCanvas({ pixelRatio: scale, backgroundColor: token('--card') })
  const picture = document.createElement('canvas'), pen = picture.getContext('2d'), font = getComputedStyle(document.body).fontFamily
  picture.width = body.width
  const lines = (words, size) => {
    pen.font = size * scale + 'px ' + font
    const out = ['']
    for (const word of words.split(/\s+/)) {
      const longer = (out[out.length - 1] + ' ' + word).trim()
      if (pen.measureText(longer).width > body.width - 24 * scale && out[out.length - 1]) out.push(word)
      else out[out.length - 1] = longer
    }
    return out
  }
  const above = lines(title, 15), below = lines(foot, 11)
  const head = (above.length * 20 + 14) * scale, end = (below.length * 15 + 14) * scale
  picture.height = head + body.height + end
  pen.fillStyle = token('--card')
  pen.fillRect(0, 0, picture.width, picture.height)
  pen.drawImage(body, 0, head)
  const put = (out, size, color, y, step) => {
    pen.font = size * scale + 'px ' + font
    pen.fillStyle = token(color)
    out.forEach((line, i) => pen.fillText(line, 12 * scale, y + i * step * scale))
  }
  put(above, 15, '--ink', 22 * scale, 20)
  put(below, 11, '--muted', head + body.height + 16 * scale, 15)
  return picture
}

for (const c of charts) {
  const figure = c.el.closest('figure'), table = figure.querySelector('details.data table')
  if (!table) continue
  const card = figure.closest('.card, section') || figure
  const title = () => (card.querySelector('h2, h3') || table.caption).textContent.trim()
  const foot = () => [location.host + location.pathname + location.search, ...[...card.querySelectorAll('footer')].map(f => f.textContent.replace(/\s+/g, ' ').trim())].join(' \u00b7 ')
  const bar = document.createElement('p')
  bar.className = 'take'
  const button = (text, what, act) => {
    const b = document.createElement('button')
    b.type = 'button'
    b.textContent = text
    b.setAttribute('aria-label', text + ': ' + what)
    b.addEventListener('click', act)
    bar.append(b)
  }
  button('Data as CSV', table.caption.textContent, () => give(figure.id + '.csv', new Blob([csvOf(table, c.format.decimal)], { type: 'text/csv' })))
  if (c.chart) button('Picture as PNG', table.caption.textContent, () => pictureOf(c, title(), foot()).toBlob(blob => give(figure.id + '.png', blob)))
  figure.querySelector('details.data').append(bar)
}

// Paper is light and has its own sizes: a sheet of A4 is 1055 px wide inside its margins.
// Notes print with their texts; beside page 1, which is one sheet, charts print with their tables.
let printing = false
const opened = []
addEventListener('beforeprint', () => {
  printing = true
  for (const d of document.querySelectorAll(':is(.halves, .gaps) details.data:not([open]), details.notes:not([open])')) {
    d.open = true
    opened.push(d)
  }
  document.documentElement.dataset.theme = 'light'
  for (const c of charts) {
    // Drawn larger than the sheet shows it, so that its letters come out small.
    const card = c.el.closest('.card'), dense = c.el.closest('.dense'), spark = c.el.className === 'spark'
    const columns = dense ? 4 : card ? 12 / Number((card.className.match(/span-(\d+)/) || [0, 12])[1]) : 1
    const width = (1055 - 6 * (columns - 1)) / columns - 16, height = spark ? (dense ? 46 : 62) : c.el.matches('.tall, .flow') ? 320 : 220
    draw(c, { width: Math.round(width * 1.45), height: Math.round(height * 1.45) })
  }
})
addEventListener('afterprint', () => {
  printing = false
  for (const d of opened.splice(0)) d.open = false
  delete document.documentElement.dataset.theme
  for (const c of charts) if (c.chart) draw(c, { width: 'auto', height: 'auto' })
})

// The filters' form leaves out of the URL what is the default.
const form = document.querySelector('form.filters')
if (form) {
  const period = form.elements.period, more = form.querySelector('.custom')
  const showMonths = () => {
    more.hidden = period.value !== 'custom'
    for (const input of more.querySelectorAll('input')) input.disabled = more.hidden
  }
  period.addEventListener('change', showMonths)
  showMonths()
  form.addEventListener('formdata', event => {
    for (const [name, value] of [...event.formData]) {
      if (form.getAttribute('data-default-' + name) === value) event.formData.delete(name)
    }
  })
}

// A run of the sources, as it goes. Everything is written as text, never as HTML.
const run = document.querySelector('section.run[data-events]')
if (run && window.EventSource) {
  const number = n => Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, '\u2009')
  const status = run.querySelector('[data-status]'), table = run.querySelector('.wide'), rows = run.querySelector('tbody')
  const button = run.querySelector('button')
  const states = { reading: 'is read', merging: 'is merged', done: '✓ loaded', failed: '✕ failed' }
  const order = { failed: 0, reading: 1, merging: 1, done: 2 }
  const left = s => s < 0 ? '–' : s < 90 ? Math.ceil(s) + ' s' : Math.ceil(s / 60) + ' min'
  let wasRunning = false
  const show = state => {
    const streams = state.streams || [], told = streams.filter(s => s.state !== 'done' || s.news > 0)
    told.sort((a, b) => order[a.state] - order[b.state])
    table.hidden = told.length === 0
    if (button) button.disabled = state.is_running
    rows.replaceChildren(...told.map(s => {
      const line = document.createElement('tr')
      const cell = (tag, label, text, kind) => {
        const c = document.createElement(tag)
        if (tag === 'th') c.scope = 'row'
        if (label) c.dataset.label = label
        if (kind) c.className = kind
        c.textContent = text
        line.append(c)
        return c
      }
      cell('th', '', s.source + '.' + s.stream)
      const how = document.createElement('span')
      how.className = s.state === 'failed' ? 'bad' : s.state === 'done' ? 'good' : ''
      how.textContent = states[s.state] || s.state
      const cellOfState = cell('td', 'State', '')
      cellOfState.append(how)
      if (s.error) {
        const why = document.createElement('small')
        why.textContent = s.error
        cellOfState.append(why)
      }
      cell('td', 'Rows', number(s.rows) + (s.total > s.rows ? ' of ' + number(s.total) : ''), 'num')
      cell('td', 'New or changed', s.state === 'done' ? number(s.news) : '–', 'num')
      cell('td', 'Rows a second', s.per_second ? number(s.per_second) : '–', 'num')
      cell('td', 'Left', s.state === 'reading' ? left(s.left) : '–')
      return line
    }))
    const failed = streams.filter(s => s.state === 'failed').length
    if (state.is_running) {
      status.textContent = state.step ? 'The sources are read; now ' + state.step + '.' : 'A run is in progress: ' + streams.filter(s => s.state === 'done').length + ' streams are through.'
    } else if (streams.length) {
      status.textContent = 'The last run is over: ' + (streams.length - failed) + ' of ' + streams.length + ' streams loaded, ' + streams.filter(s => s.state === 'done' && s.news === 0).length + ' of them without news.'
      if (wasRunning) {
        const again = document.createElement('a')
        again.href = location.pathname
        again.textContent = ' Show the new numbers.'
        status.append(again)
      }
    } else status.textContent = 'Nothing has been loaded since the server started.'
    wasRunning = wasRunning || state.is_running
  }
  new EventSource(run.dataset.events).onmessage = event => show(JSON.parse(event.data))
}

// The API, from the document that describes it. Everything is written as text, never as HTML.
const api = document.querySelector('[data-openapi]')
if (api) {
  const make = (tag, text, ...children) => {
    const e = document.createElement(tag)
    if (text) e.textContent = text
    e.append(...children)
    return e
  }
  const typeOf = s => [].concat(s.type || (s.$ref ? s.$ref.split('/').pop() : 'any')).map(t => t === 'array' ? 'list of ' + typeOf(s.items || {}) : t).join(' or ') +
    (s.format ? ', ' + s.format : '') + (s.enum ? ': ' + s.enum.join(', ') : '') + (s.pattern ? ' like ' + s.pattern : '') +
    ('maximum' in s ? ', ' + s.minimum + ' to ' + s.maximum : '') + ('default' in s ? ', else ' + s.default : '')
  const table = (caption, heads, lines) => {
    const rows = lines.map(line => make('tr', '', ...line.map((cell, i) => {
      const c = make(i ? 'td' : 'th', '', i ? cell : make('code', cell))
      if (i) c.dataset.label = heads[i]
      else c.scope = 'row'
      return c
    })))
    const head = make('tr', '', ...heads.map(h => Object.assign(make('th', h), { scope: 'col' })))
    const t = make('table', '', make('thead', '', head), make('tbody', '', ...rows))
    t.className = 'stack'
    const wide = make('div', '', t)
    wide.className = 'wide'
    wide.tabIndex = 0
    wide.setAttribute('role', 'region')
    wide.setAttribute('aria-label', caption)
    return wide
  }
  const entry = (summary, says, ...parts) => {
    const d = make('details', '', make('summary', '', make('code', summary), ' ' + says), ...parts)
    d.className = 'data'
    return d
  }
  const show = document_ => {
    const calls = Object.entries(document_.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, op]) => {
      const answer = op.responses['200'].content || {}
      const kinds = Object.entries(answer).map(([kind, c]) => kind + (c.schema && c.schema.$ref ? ', ' + c.schema.$ref.split('/').pop() : '')).join('; ')
      const params = op.parameters.map(p => [p.name, p.in, typeOf(p.schema), p.schema.description || p.description || (p.required ? 'must be given' : '')])
      return entry(method.toUpperCase() + ' ' + path, op.summary, make('p', 'Answers with ' + kinds + '.'),
        ...(params.length ? [table('Parameters of ' + path, ['Parameter', 'In', 'Type', 'Meaning'], params)] : []))
    }))
    const shapes = Object.entries(document_.components.schemas).filter(([, s]) => s.properties).map(([name, s]) =>
      entry(name, '', table('Fields of ' + name, ['Field', 'Type', 'Always there'], Object.entries(s.properties).map(([field, f]) =>
        [field, typeOf(f), (s.required || []).includes(field) ? 'yes' : 'no']))))
    api.querySelector('[data-status]').textContent = calls.length + ' calls, each a GET.'
    api.append(...calls, make('h3', 'What answers are made of'), ...shapes)
  }
  fetch(api.dataset.openapi).then(r => r.ok ? r.json() : Promise.reject(new Error(r.status))).then(show)
    .catch(e => { api.querySelector('[data-status]').textContent = 'The document could not be read: ' + e.message })
}

// The branches below an objective come when they are asked for, from its own page.
document.addEventListener('click', event => {
  const more = event.target.closest && event.target.closest('a[data-branch]')
  if (!more || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  fetch(more.href, { credentials: 'same-origin' }).then(answer => answer.ok ? answer.text() : Promise.reject(answer.status)).then(html => {
    const list = new DOMParser().parseFromString(html, 'text/html').querySelector('ul.tree')
    if (!list) throw new Error('no branches')
    more.replaceWith(list)
    const first = list.querySelector('a')
    if (first) first.focus()
  }).catch(() => { location.href = more.href })
})
