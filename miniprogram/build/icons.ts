/** Every icon in use. A new name here makes `<t-icon name="…">` work; an unknown one stops the build. */
export const icons = [
  // TDesign's own components
  'search', 'chevron-right', 'chevron-left', 'chevron-down', 'chevron-up', 'check', 'close', 'close-circle-filled',
  'check-circle-filled', 'error-circle-filled', 'error-circle', 'info-circle-filled', 'loading', 'add', 'minus', 'circle',
  'check-rectangle-filled', 'rectangle',
  // the app
  'time', 'location', 'call', 'chat', 'chat-bubble', 'map', 'map-location', 'user', 'home', 'file', 'file-safety', 'filter', 'share', 'calendar',
  'edit', 'edit-1', 'upload', 'download', 'image', 'attach', 'send', 'video', 'video-camera', 'video-camera-off', 'microphone', 'microphone-1', 'call-off',
  'notification', 'setting', 'logout', 'translate', 'textformat-bold', 'secured', 'lock-on', 'verify', 'copy', 'link', 'more', 'refresh',
  'usergroup', 'building', 'city', 'task', 'book', 'book-open', 'root-list', 'history', 'view-list', 'send-cancel', 'delete',
  'wifi-off', 'browse', 'browse-off', 'mail', 'certificate', 'swap', 'flag', 'layers', 'chart-bar', 'help-circle', 'arrow-right', 'arrow-up', 'pen', 'seal', 'houses', 'undertake', 'undertake-transaction', 'service', 'assignment',
  'desktop-1', 'gesture-open', 'star', 'star-filled', 'qrcode', 'table-1', 'file-pdf', 'file-excel', 'pin', 'rollback', 'image-add', 'error-triangle', 'stop-circle',
]
