// Workbooks that people upload.
import { crc32 } from 'node:zlib'

/** A workbook of one sheet, its parts stored as they are. */
export function workbook(rows) {
  const cell = (text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`
  const parts = Object.entries({
    '[Content_Types].xml': '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
    '_rels/.rels': '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    'xl/workbook.xml': '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml': `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows.map((r) => `<row>${r.map(cell).join('')}</row>`).join('')}</sheetData></worksheet>`,
  })
  const body = []
  const list = []
  let at = 0
  for (const [name, text] of parts) {
    const [n, b] = [Buffer.from(name), Buffer.from(text)]
    const head = Buffer.alloc(26)
    head.writeUInt16LE(20, 0)
    head.writeUInt32LE(crc32(b), 10)
    head.writeUInt32LE(b.length, 14)
    head.writeUInt32LE(b.length, 18)
    head.writeUInt16LE(n.length, 22)
    body.push(Buffer.from('PK\x03\x04', 'latin1'), head, n, b)
    const entry = Buffer.alloc(16)
    entry.writeUInt32LE(at, 12)
    list.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head.subarray(0, 24), Buffer.alloc(2), entry.subarray(0, 0), Buffer.alloc(10), entry.subarray(12), n)
    at += 30 + n.length + b.length
  }
  const directory = Buffer.concat(list)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(parts.length, 4)
  end.writeUInt16LE(parts.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(at, 12)
  return Buffer.concat([...body, directory, Buffer.from('PK\x05\x06', 'latin1'), end])
}
