DROP TABLE lead_appointment_records;
DROP TABLE lead_appointments;
DROP TABLE lead_enquiries;
DROP TABLE lead_attachments;
