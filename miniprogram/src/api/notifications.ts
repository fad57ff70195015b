import { http } from '.'
import type { NotificationWish } from './schema'
import type { Query } from './typed'

export const listNotifications = (query: Query<'get', '/notifications'> = {}) => http.get('/notifications', { query })
export const readNotification = (id: string, key: string) => http.post('/notifications/{id}/reads', { path: { id }, body: {}, key })
export const readAllNotifications = (key: string) => http.post('/notifications/reads', { body: {}, key })
export const listSubscriptions = () => http.get('/notifications/subscriptions')
export const subscribe = (accepted: string[], key: string) => http.post('/notifications/subscriptions', { body: { accepted }, key })
export const findNotificationSetting = () => http.get('/notifications/setting')
export const setNotificationSetting = (body: NotificationWish, key: string) => http.put('/notifications/setting', { body, key })
