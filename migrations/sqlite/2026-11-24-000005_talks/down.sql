DROP TABLE talk_follow_ups;
DROP TABLE talk_minutes;
DROP TABLE talk_tickets;
DROP TABLE talk_messages;
DROP TABLE talk_booking_moves;
DROP TABLE talk_slot_claims;
DROP TABLE talk_bookings;
DROP TABLE talk_availabilities;
