update alertify.test_clock set at = at + interval '1 second';
