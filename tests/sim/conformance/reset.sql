-- An empty database, numbered from 1, with the plans and the configuration that schedules refer to.
delete from alertify.intake_queue;
delete from alertify.quarantine;
delete from alertify.intake;
delete from alertify.link_use;
delete from alertify.conversation;
delete from alertify.run;
delete from alertify.delivery;
delete from alertify.destination;
delete from alertify.turn;
delete from alertify.silence;
delete from alertify.event;
delete from alertify.alert;
delete from alertify.incident;
delete from alertify.plan;
delete from alertify.config;
update alertify.clock_guard set skipped_us = 0;
select setval('alertify.incident_number_seq', 1, false), setval('alertify.delivery_id_seq', 1, false);
update alertify.test_clock set at = to_timestamp(1795219200);
