import { messages } from './messages'

export default messages({
  zh: {},
  en: {},
})
