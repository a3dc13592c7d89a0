/** Text that needs no escaping any more. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Every value is escaped, unless it is made of this as well. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const texts = values.map((value) => [value].flat().map((each) => (each instanceof Html ? each.text : escape(each))))
  return new Html(String.raw({ raw: parts }, ...texts.map((each) => each.join(''))))
}

function escape(value: string | number): string {
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Rows with a head each. In narrow windows they become blocks, whose cells say themselves what they are. */
export function table(columns: readonly string[], rows: readonly (readonly Html[])[]): Html {
  return html`<table role="table">
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map((column) => html`<th scope="col" role="columnheader">${column}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        ([head, ...cells]) =>
          html`<tr role="row">
            <th scope="row" role="rowheader">${head ?? ''}</th>
            ${cells.map((cell, index) => html`<td role="cell" data-label="${columns[index + 1] ?? ''}">${cell}</td>`)}
          </tr> `,
      )}
    </tbody>
  </table>`
}

/** A moment, and how long ago it was. */
export function time(iso: string, now: Date): Html {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(iso)) / 1000))
  const [size, unit] = UNITS.find(([least]) => seconds >= 2 * least) ?? [1, 's']
  const ago = seconds < 1 ? '' : ` (${Math.floor(seconds / size)} ${unit} ago)`
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>${ago}`
}

const UNITS = [
  [86_400, 'days'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const
