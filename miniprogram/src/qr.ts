/** QR codes (ISO/IEC 18004) of a text in bytes, error correction M, versions 1 to 10: enough for a link. */

/** Version, error correction codewords a block, and the data codewords of each block. */
const SHAPES: [number, number[]][] = [
  [10, [16]], [16, [28]], [26, [44]], [18, [32, 32]], [24, [43, 43]], [16, [27, 27, 27, 27]], [18, [31, 31, 31, 31]],
  [22, [38, 38, 39, 39]], [22, [36, 36, 36, 37, 37]], [26, [43, 43, 43, 43, 44]],
]
const CENTRES = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]]

// GF(256) under x^8 + x^4 + x^3 + x^2 + 1.
const exp = new Uint8Array(512)
const log = new Uint8Array(256)
for (let i = 0, x = 1; i < 255; i++, x = (x << 1) ^ (x & 128 ? 0x11d : 0)) {
  exp[i] = exp[i + 255] = x
  log[x] = i
}
const times = (a: number, b: number) => (a && b ? exp[log[a] + log[b]] : 0)

/** The remainder of a block by the generator polynomial: its error correction codewords. */
function correction(data: number[], size: number): number[] {
  let generator = [1]
  for (let i = 0; i < size; i++) {
    const next = [...generator, 0]
    generator.forEach((g, at) => (next[at + 1] ^= times(g, exp[i])))
    generator = next
  }
  const rest = [...data, ...new Array<number>(size).fill(0)]
  data.forEach((_, i) => {
    const lead = rest[i]
    generator.forEach((g, at) => (rest[i + at] ^= times(g, lead)))
  })
  return rest.slice(data.length)
}

function bytesOf(text: string): number[] {
  return [...unescape(encodeURIComponent(text))].map((c) => c.charCodeAt(0))
}

/** The remainder of a number by a polynomial of `bits` bits: how format and version are protected. */
function bch(value: number, bits: number, polynomial: number): number {
  let rest = value << bits
  for (let at = 31 - Math.clz32(rest); rest >= 1 << bits; at = 31 - Math.clz32(rest)) rest ^= polynomial << (at - bits)
  return (value << bits) | rest
}

/** Rows of dark (true) and light modules without the quiet zone; undefined when the text is too long. */
export function qrModules(text: string): boolean[][] | undefined {
  const bytes = bytesOf(text)
  const version = SHAPES.findIndex(([, blocks], i) => bytes.length + (i < 9 ? 2 : 3) <= blocks.reduce((a, b) => a + b)) + 1
  if (!version) return undefined
  const [ec, blocks] = SHAPES[version - 1]
  const capacity = blocks.reduce((a, b) => a + b)
  const bits: number[] = []
  const put = (value: number, length: number) => {
    for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1)
  }
  put(4, 4)
  put(bytes.length, version < 10 ? 8 : 16)
  bytes.forEach((b) => put(b, 8))
  put(0, Math.min(4, capacity * 8 - bits.length))
  while (bits.length % 8) bits.push(0)
  const data: number[] = []
  for (let i = 0; i < bits.length; i += 8) data.push(parseInt(bits.slice(i, i + 8).join(''), 2))
  for (let pad = 0xec; data.length < capacity; pad ^= 0xec ^ 0x11) data.push(pad)
  let from = 0
  const parts = blocks.map((length) => data.slice(from, (from += length)))
  const checks = parts.map((part) => correction(part, ec))
  const stream: number[] = []
  for (let i = 0; i < Math.max(...blocks); i++) for (const part of parts) if (i < part.length) stream.push(part[i])
  for (let i = 0; i < ec; i++) for (const check of checks) stream.push(check[i])
  return draw(version, stream)
}

function draw(version: number, stream: number[]): boolean[][] {
  const size = version * 4 + 17
  const dark: (boolean | undefined)[][] = Array.from({ length: size }, () => new Array(size).fill(undefined))
  const square = (row: number, column: number, reach: number, is: (ring: number) => boolean) => {
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const line = dark[row + y]
        if (line && column + x >= 0 && column + x < size) line[column + x] = is(Math.max(Math.abs(x), Math.abs(y)))
      }
    }
  }
  for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) square(row, column, 4, (ring) => ring !== 2 && ring !== 4)
  const centres = CENTRES[version - 1]
  for (const row of centres) {
    for (const column of centres) {
      const last = size - 7
      const finder = (row === 6 && (column === 6 || column === last)) || (row === last && column === 6)
      if (!finder) square(row, column, 2, (ring) => ring !== 1)
    }
  }
  for (let i = 8; i < size - 8; i++) dark[6][i] = dark[i][6] = i % 2 === 0
  // Format: correction M (00) and mask 0, protected and masked as the standard says.
  const format = bch(0, 10, 0x537) ^ 0x5412
  for (let i = 0; i < 15; i++) {
    const on = ((format >> i) & 1) === 1
    dark[i < 6 ? i : i < 8 ? i + 1 : size - 15 + i][8] = on
    dark[8][i < 8 ? size - 1 - i : i === 8 ? 7 : 14 - i] = on
  }
  dark[size - 8][8] = true
  if (version >= 7) {
    const mark = bch(version, 12, 0x1f25)
    for (let i = 0; i < 18; i++) {
      const [a, b] = [Math.floor(i / 3), size - 11 + (i % 3)]
      dark[a][b] = dark[b][a] = ((mark >> i) & 1) === 1
    }
  }
  let at = 0
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right--
    for (let step = 0; step < size; step++) {
      const row = up ? size - 1 - step : step
      for (const column of [right, right - 1]) {
        if (dark[row][column] !== undefined) continue
        const bit = at < stream.length * 8 && ((stream[at >> 3] >> (7 - (at & 7))) & 1) === 1
        dark[row][column] = bit !== ((row + column) % 2 === 0)
        at++
      }
    }
  }
  return dark.map((row) => row.map(Boolean))
}

/** The code as an SVG picture that an image takes as its source. */
export function qrPicture(text: string): string | undefined {
  const modules = qrModules(text)
  if (!modules) return undefined
  const size = modules.length + 8
  const path = modules.flatMap((row, y) => row.map((on, x) => (on ? `M${x + 4} ${y + 4}h1v1h-1z` : ''))).join('')
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>`
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
}
