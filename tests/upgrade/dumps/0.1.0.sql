BEGIN TRANSACTION;
CREATE TABLE "account_emailaddress" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "verified" bool NOT NULL, "primary" bool NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "email" varchar(254) NOT NULL);
INSERT INTO "account_emailaddress" VALUES(1,1,1,1,'alice@example.org');
INSERT INTO "account_emailaddress" VALUES(2,1,1,2,'bob@example.org');
INSERT INTO "account_emailaddress" VALUES(3,1,1,3,'charlie@example.org');
INSERT INTO "account_emailaddress" VALUES(4,1,1,4,'mallory@example.org');
INSERT INTO "account_emailaddress" VALUES(5,1,1,5,'pending@example.org');
INSERT INTO "account_emailaddress" VALUES(6,1,1,6,'held@example.org');
INSERT INTO "account_emailaddress" VALUES(7,1,1,7,'blocked@example.org');
INSERT INTO "account_emailaddress" VALUES(8,1,1,8,'withdrawn@example.org');
INSERT INTO "account_emailaddress" VALUES(9,1,1,9,'operator@example.org');
INSERT INTO "account_emailaddress" VALUES(10,1,1,10,'co_host@example.org');
INSERT INTO "account_emailaddress" VALUES(11,1,1,11,'invited@example.org');
CREATE TABLE "account_emailconfirmation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created" datetime NOT NULL, "sent" datetime NULL, "key" varchar(64) NOT NULL UNIQUE, "email_address_id" integer NOT NULL REFERENCES "account_emailaddress" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "accounts_codeattempts" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "key" varchar(64) NOT NULL UNIQUE, "count" smallint unsigned NOT NULL CHECK ("count" >= 0), "made_at" datetime NOT NULL);
CREATE TABLE "accounts_consent" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "version" varchar(20) NOT NULL, "text" text NOT NULL, "given_at" datetime NOT NULL, "withdrawn_at" datetime NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "accounts_consent" VALUES(1,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:18.946156',NULL,1);
INSERT INTO "accounts_consent" VALUES(2,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:18.956929',NULL,2);
INSERT INTO "accounts_consent" VALUES(3,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:18.982057',NULL,3);
INSERT INTO "accounts_consent" VALUES(4,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:19.577233',NULL,4);
INSERT INTO "accounts_consent" VALUES(5,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:19.593757',NULL,5);
INSERT INTO "accounts_consent" VALUES(6,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:19.596997',NULL,6);
INSERT INTO "accounts_consent" VALUES(7,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:19.603993',NULL,7);
INSERT INTO "accounts_consent" VALUES(8,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:19.606890','2026-11-30 01:20:19.858312',8);
INSERT INTO "accounts_consent" VALUES(9,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:19.869171',NULL,10);
INSERT INTO "accounts_consent" VALUES(10,'2026-12','I agree that PicProcure uses face recognition to find me in the photos of the events I register for.

What we store: Up to five photos of your face, cropped around it, and face data: 128 numbers that we compute from each photo. When you register for an event, we compute the same kind of face data for every face in its photos and compare it with yours. Each event also keeps the first photo you were approved with and its face data. We compare your later photos with it, so that no one can use your account to collect another person''s photos. All of this is encrypted. We don''t send it to anyone else, and we don''t use it to train anything.

What for: To find the photos you''re in and show them to you, and to keep others from getting them. Face data is biometric data, so we need your explicit consent. You can also register for events without face recognition. Hosts can then share photos with you manually.

Who sees it: The hosts of an event you register for see your name and these photos. Hosts are the event''s creator and the co-hosts they choose. No one sees your face data.

For how long: Your photos and their face data: until you replace or delete them, withdraw your consent, or delete your account. The first photo you were approved with in an event, and its face data: until the event is deleted (its page shows the date), you withdraw your consent, or you delete your account, even if you replace or delete the photo or leave the event. The face data of the faces in an event''s photos: until the event is deleted. To delete it when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.

How to withdraw: On your profile under My data, at any time. We then delete right away: your photos, their face data, the copies that events keep, the face data of the faces in event photos that were matched with you, and all links between you and event photos. Your account stays. What we did before you withdrew remains lawful.','2026-11-30 01:20:19.875803',NULL,11);
CREATE TABLE "accounts_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "is_staff" bool NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL, "email" varchar(254) NOT NULL, "first_name" varchar(80) NOT NULL, "last_name" varchar(80) NOT NULL, "time_zone" varchar(64) NOT NULL, "notify_photos" bool NOT NULL, "notify_hosts" bool NOT NULL, "notify_people" bool NOT NULL);
INSERT INTO "accounts_user" VALUES(1,'md5$vsqwIwlbS9eRgKh3HyyfcU$b0fa4f63074ff40e0d5ef45c6228902d',NULL,0,'alice',0,1,'2026-11-30 01:20:18.925753','alice@example.org','Alice','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(2,'md5$nKolNZVPmsdbIHNWLqTqwJ$e0b5c8df24e0ef21aa2bfe1d90bfb651',NULL,0,'bob',0,1,'2026-11-30 01:20:18.954196','bob@example.org','Bob','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(3,'md5$cdswQgPO3EaPEKy7Swq5jo$049c55557e5e817103d04a4ed70ac8f2',NULL,0,'charlie',0,1,'2026-11-30 01:20:18.969960','charlie@example.org','Charlie','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(4,'md5$3QbR2X9HwFaV1fOhmkvrmM$787cef0075774fe4e7d50a989b42813b',NULL,0,'mallory',0,1,'2026-11-30 01:20:19.573877','mallory@example.org','Mallory','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(5,'md5$uBvYPqGqyU7yavVizfKau8$c11fea6f5b0ecf097ab81a0681bcdded',NULL,0,'pending',0,1,'2026-11-30 01:20:19.586766','pending@example.org','Pending','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(6,'md5$WpsDYdWAgLwaNhZU3VQsK2$1008a63d7e61f89bcd0ce39a226af930',NULL,0,'held',0,1,'2026-11-30 01:20:19.594665','held@example.org','Held','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(7,'md5$J4AgTqKCio3EuzpvmSoEP3$eb6a7adb2fec3a627d1f30c23b2b15f2',NULL,0,'blocked',0,1,'2026-11-30 01:20:19.599826','blocked@example.org','Blocked','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(8,'md5$NEKjkmaLi8AhURWRHDR9IG$7e22fc46d30ef5ad2221d45ffaacb687',NULL,0,'withdrawn',0,1,'2026-11-30 01:20:19.604803','withdrawn@example.org','Withdrawn','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(9,'md5$SBlCdFNKPXDpNVmQ3EdQBJ$e89dbf920b3fe7789b10595a40bd45cf',NULL,0,'operator',1,1,'2026-11-30 01:20:19.865543','operator@example.org','Operator','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(10,'md5$twe1yNUtrkO5nlg7NRmO1V$9135a88d0ffc0e23a07bf8b148e581b8',NULL,0,'co_host',0,1,'2026-11-30 01:20:19.866601','co_host@example.org','Co_Host','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(11,'md5$Eih78kIXLKjpzGBEy8zQpg$942266b4d7baa214a3672337346fd742',NULL,0,'invited',0,1,'2026-11-30 01:20:19.869991','invited@example.org','Invited','Example','',1,1,1);
CREATE TABLE "accounts_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "accounts_user_user_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "auth_group_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "codename" varchar(100) NOT NULL, "name" varchar(255) NOT NULL);
INSERT INTO "auth_permission" VALUES(1,1,'add_logentry','Can add log entry');
INSERT INTO "auth_permission" VALUES(2,1,'change_logentry','Can change log entry');
INSERT INTO "auth_permission" VALUES(3,1,'delete_logentry','Can delete log entry');
INSERT INTO "auth_permission" VALUES(4,1,'view_logentry','Can view log entry');
INSERT INTO "auth_permission" VALUES(5,2,'add_permission','Can add permission');
INSERT INTO "auth_permission" VALUES(6,2,'change_permission','Can change permission');
INSERT INTO "auth_permission" VALUES(7,2,'delete_permission','Can delete permission');
INSERT INTO "auth_permission" VALUES(8,2,'view_permission','Can view permission');
INSERT INTO "auth_permission" VALUES(9,3,'add_group','Can add group');
INSERT INTO "auth_permission" VALUES(10,3,'change_group','Can change group');
INSERT INTO "auth_permission" VALUES(11,3,'delete_group','Can delete group');
INSERT INTO "auth_permission" VALUES(12,3,'view_group','Can view group');
INSERT INTO "auth_permission" VALUES(13,4,'add_contenttype','Can add content type');
INSERT INTO "auth_permission" VALUES(14,4,'change_contenttype','Can change content type');
INSERT INTO "auth_permission" VALUES(15,4,'delete_contenttype','Can delete content type');
INSERT INTO "auth_permission" VALUES(16,4,'view_contenttype','Can view content type');
INSERT INTO "auth_permission" VALUES(17,5,'add_session','Can add session');
INSERT INTO "auth_permission" VALUES(18,5,'change_session','Can change session');
INSERT INTO "auth_permission" VALUES(19,5,'delete_session','Can delete session');
INSERT INTO "auth_permission" VALUES(20,5,'view_session','Can view session');
INSERT INTO "auth_permission" VALUES(21,6,'add_emailaddress','Can add email address');
INSERT INTO "auth_permission" VALUES(22,6,'change_emailaddress','Can change email address');
INSERT INTO "auth_permission" VALUES(23,6,'delete_emailaddress','Can delete email address');
INSERT INTO "auth_permission" VALUES(24,6,'view_emailaddress','Can view email address');
INSERT INTO "auth_permission" VALUES(25,7,'add_emailconfirmation','Can add email confirmation');
INSERT INTO "auth_permission" VALUES(26,7,'change_emailconfirmation','Can change email confirmation');
INSERT INTO "auth_permission" VALUES(27,7,'delete_emailconfirmation','Can delete email confirmation');
INSERT INTO "auth_permission" VALUES(28,7,'view_emailconfirmation','Can view email confirmation');
INSERT INTO "auth_permission" VALUES(29,8,'add_authenticator','Can add authenticator');
INSERT INTO "auth_permission" VALUES(30,8,'change_authenticator','Can change authenticator');
INSERT INTO "auth_permission" VALUES(31,8,'delete_authenticator','Can delete authenticator');
INSERT INTO "auth_permission" VALUES(32,8,'view_authenticator','Can view authenticator');
INSERT INTO "auth_permission" VALUES(33,9,'add_usersession','Can add user session');
INSERT INTO "auth_permission" VALUES(34,9,'change_usersession','Can change user session');
INSERT INTO "auth_permission" VALUES(35,9,'delete_usersession','Can delete user session');
INSERT INTO "auth_permission" VALUES(36,9,'view_usersession','Can view user session');
INSERT INTO "auth_permission" VALUES(37,10,'add_pendingdeletion','Can add pending deletion');
INSERT INTO "auth_permission" VALUES(38,10,'change_pendingdeletion','Can change pending deletion');
INSERT INTO "auth_permission" VALUES(39,10,'delete_pendingdeletion','Can delete pending deletion');
INSERT INTO "auth_permission" VALUES(40,10,'view_pendingdeletion','Can view pending deletion');
INSERT INTO "auth_permission" VALUES(41,11,'add_codeattempts','Can add code attempts');
INSERT INTO "auth_permission" VALUES(42,11,'change_codeattempts','Can change code attempts');
INSERT INTO "auth_permission" VALUES(43,11,'delete_codeattempts','Can delete code attempts');
INSERT INTO "auth_permission" VALUES(44,11,'view_codeattempts','Can view code attempts');
INSERT INTO "auth_permission" VALUES(45,12,'add_user','Can add user');
INSERT INTO "auth_permission" VALUES(46,12,'change_user','Can change user');
INSERT INTO "auth_permission" VALUES(47,12,'delete_user','Can delete user');
INSERT INTO "auth_permission" VALUES(48,12,'view_user','Can view user');
INSERT INTO "auth_permission" VALUES(49,13,'add_consent','Can add consent');
INSERT INTO "auth_permission" VALUES(50,13,'change_consent','Can change consent');
INSERT INTO "auth_permission" VALUES(51,13,'delete_consent','Can delete consent');
INSERT INTO "auth_permission" VALUES(52,13,'view_consent','Can view consent');
INSERT INTO "auth_permission" VALUES(53,14,'add_registration','Can add registration');
INSERT INTO "auth_permission" VALUES(54,14,'change_registration','Can change registration');
INSERT INTO "auth_permission" VALUES(55,14,'delete_registration','Can delete registration');
INSERT INTO "auth_permission" VALUES(56,14,'view_registration','Can view registration');
INSERT INTO "auth_permission" VALUES(57,15,'add_event','Can add event');
INSERT INTO "auth_permission" VALUES(58,15,'change_event','Can change event');
INSERT INTO "auth_permission" VALUES(59,15,'delete_event','Can delete event');
INSERT INTO "auth_permission" VALUES(60,15,'view_event','Can view event');
INSERT INTO "auth_permission" VALUES(61,16,'add_eventconsent','Can add event consent');
INSERT INTO "auth_permission" VALUES(62,16,'change_eventconsent','Can change event consent');
INSERT INTO "auth_permission" VALUES(63,16,'delete_eventconsent','Can delete event consent');
INSERT INTO "auth_permission" VALUES(64,16,'view_eventconsent','Can view event consent');
INSERT INTO "auth_permission" VALUES(65,17,'add_guestlistaddress','Can add guest list address');
INSERT INTO "auth_permission" VALUES(66,17,'change_guestlistaddress','Can change guest list address');
INSERT INTO "auth_permission" VALUES(67,17,'delete_guestlistaddress','Can delete guest list address');
INSERT INTO "auth_permission" VALUES(68,17,'view_guestlistaddress','Can view guest list address');
INSERT INTO "auth_permission" VALUES(69,18,'add_hostmail','Can add host mail');
INSERT INTO "auth_permission" VALUES(70,18,'change_hostmail','Can change host mail');
INSERT INTO "auth_permission" VALUES(71,18,'delete_hostmail','Can delete host mail');
INSERT INTO "auth_permission" VALUES(72,18,'view_hostmail','Can view host mail');
INSERT INTO "auth_permission" VALUES(73,19,'add_hostmailrecipient','Can add host mail recipient');
INSERT INTO "auth_permission" VALUES(74,19,'change_hostmailrecipient','Can change host mail recipient');
INSERT INTO "auth_permission" VALUES(75,19,'delete_hostmailrecipient','Can delete host mail recipient');
INSERT INTO "auth_permission" VALUES(76,19,'view_hostmailrecipient','Can view host mail recipient');
INSERT INTO "auth_permission" VALUES(77,20,'add_invitation','Can add invitation');
INSERT INTO "auth_permission" VALUES(78,20,'change_invitation','Can change invitation');
INSERT INTO "auth_permission" VALUES(79,20,'delete_invitation','Can delete invitation');
INSERT INTO "auth_permission" VALUES(80,20,'view_invitation','Can view invitation');
INSERT INTO "auth_permission" VALUES(81,21,'add_inviteduser','Can add invited user');
INSERT INTO "auth_permission" VALUES(82,21,'change_inviteduser','Can change invited user');
INSERT INTO "auth_permission" VALUES(83,21,'delete_inviteduser','Can delete invited user');
INSERT INTO "auth_permission" VALUES(84,21,'view_inviteduser','Can view invited user');
INSERT INTO "auth_permission" VALUES(85,22,'add_refusal','Can add refusal');
INSERT INTO "auth_permission" VALUES(86,22,'change_refusal','Can change refusal');
INSERT INTO "auth_permission" VALUES(87,22,'delete_refusal','Can delete refusal');
INSERT INTO "auth_permission" VALUES(88,22,'view_refusal','Can view refusal');
INSERT INTO "auth_permission" VALUES(89,23,'add_cohostinvitation','Can add co host invitation');
INSERT INTO "auth_permission" VALUES(90,23,'change_cohostinvitation','Can change co host invitation');
INSERT INTO "auth_permission" VALUES(91,23,'delete_cohostinvitation','Can delete co host invitation');
INSERT INTO "auth_permission" VALUES(92,23,'view_cohostinvitation','Can view co host invitation');
INSERT INTO "auth_permission" VALUES(93,24,'add_cohost','Can add co host');
INSERT INTO "auth_permission" VALUES(94,24,'change_cohost','Can change co host');
INSERT INTO "auth_permission" VALUES(95,24,'delete_cohost','Can delete co host');
INSERT INTO "auth_permission" VALUES(96,24,'view_cohost','Can view co host');
INSERT INTO "auth_permission" VALUES(97,25,'add_photo','Can add photo');
INSERT INTO "auth_permission" VALUES(98,25,'change_photo','Can change photo');
INSERT INTO "auth_permission" VALUES(99,25,'delete_photo','Can delete photo');
INSERT INTO "auth_permission" VALUES(100,25,'view_photo','Can view photo');
INSERT INTO "auth_permission" VALUES(101,26,'add_sorting','Can add sorting');
INSERT INTO "auth_permission" VALUES(102,26,'change_sorting','Can change sorting');
INSERT INTO "auth_permission" VALUES(103,26,'delete_sorting','Can delete sorting');
INSERT INTO "auth_permission" VALUES(104,26,'view_sorting','Can view sorting');
INSERT INTO "auth_permission" VALUES(105,27,'add_engineinuse','Can add engine in use');
INSERT INTO "auth_permission" VALUES(106,27,'change_engineinuse','Can change engine in use');
INSERT INTO "auth_permission" VALUES(107,27,'delete_engineinuse','Can delete engine in use');
INSERT INTO "auth_permission" VALUES(108,27,'view_engineinuse','Can view engine in use');
INSERT INTO "auth_permission" VALUES(109,28,'add_face','Can add face');
INSERT INTO "auth_permission" VALUES(110,28,'change_face','Can change face');
INSERT INTO "auth_permission" VALUES(111,28,'delete_face','Can delete face');
INSERT INTO "auth_permission" VALUES(112,28,'view_face','Can view face');
INSERT INTO "auth_permission" VALUES(113,29,'add_livenesschallenge','Can add liveness challenge');
INSERT INTO "auth_permission" VALUES(114,29,'change_livenesschallenge','Can change liveness challenge');
INSERT INTO "auth_permission" VALUES(115,29,'delete_livenesschallenge','Can delete liveness challenge');
INSERT INTO "auth_permission" VALUES(116,29,'view_livenesschallenge','Can view liveness challenge');
INSERT INTO "auth_permission" VALUES(117,30,'add_reference','Can add reference');
INSERT INTO "auth_permission" VALUES(118,30,'change_reference','Can change reference');
INSERT INTO "auth_permission" VALUES(119,30,'delete_reference','Can delete reference');
INSERT INTO "auth_permission" VALUES(120,30,'view_reference','Can view reference');
INSERT INTO "auth_permission" VALUES(121,31,'add_collision','Can add collision');
INSERT INTO "auth_permission" VALUES(122,31,'change_collision','Can change collision');
INSERT INTO "auth_permission" VALUES(123,31,'delete_collision','Can delete collision');
INSERT INTO "auth_permission" VALUES(124,31,'view_collision','Can view collision');
INSERT INTO "auth_permission" VALUES(125,32,'add_anchor','Can add anchor');
INSERT INTO "auth_permission" VALUES(126,32,'change_anchor','Can change anchor');
INSERT INTO "auth_permission" VALUES(127,32,'delete_anchor','Can delete anchor');
INSERT INTO "auth_permission" VALUES(128,32,'view_anchor','Can view anchor');
INSERT INTO "auth_permission" VALUES(129,33,'add_manualgrant','Can add manual grant');
INSERT INTO "auth_permission" VALUES(130,33,'change_manualgrant','Can change manual grant');
INSERT INTO "auth_permission" VALUES(131,33,'delete_manualgrant','Can delete manual grant');
INSERT INTO "auth_permission" VALUES(132,33,'view_manualgrant','Can view manual grant');
INSERT INTO "auth_permission" VALUES(133,34,'add_match','Can add match');
INSERT INTO "auth_permission" VALUES(134,34,'change_match','Can change match');
INSERT INTO "auth_permission" VALUES(135,34,'delete_match','Can delete match');
INSERT INTO "auth_permission" VALUES(136,34,'view_match','Can view match');
INSERT INTO "auth_permission" VALUES(137,35,'add_matchedface','Can add matched face');
INSERT INTO "auth_permission" VALUES(138,35,'change_matchedface','Can change matched face');
INSERT INTO "auth_permission" VALUES(139,35,'delete_matchedface','Can delete matched face');
INSERT INTO "auth_permission" VALUES(140,35,'view_matchedface','Can view matched face');
INSERT INTO "auth_permission" VALUES(141,36,'add_passedlivenesscheck','Can add passed liveness check');
INSERT INTO "auth_permission" VALUES(142,36,'change_passedlivenesscheck','Can change passed liveness check');
INSERT INTO "auth_permission" VALUES(143,36,'delete_passedlivenesscheck','Can delete passed liveness check');
INSERT INTO "auth_permission" VALUES(144,36,'view_passedlivenesscheck','Can view passed liveness check');
INSERT INTO "auth_permission" VALUES(145,37,'add_referenceadmission','Can add reference admission');
INSERT INTO "auth_permission" VALUES(146,37,'change_referenceadmission','Can change reference admission');
INSERT INTO "auth_permission" VALUES(147,37,'delete_referenceadmission','Can delete reference admission');
INSERT INTO "auth_permission" VALUES(148,37,'view_referenceadmission','Can view reference admission');
INSERT INTO "auth_permission" VALUES(149,38,'add_publishedgallery','Can add published gallery');
INSERT INTO "auth_permission" VALUES(150,38,'change_publishedgallery','Can change published gallery');
INSERT INTO "auth_permission" VALUES(151,38,'delete_publishedgallery','Can delete published gallery');
INSERT INTO "auth_permission" VALUES(152,38,'view_publishedgallery','Can view published gallery');
INSERT INTO "auth_permission" VALUES(153,39,'add_mailserver','Can add mail server');
INSERT INTO "auth_permission" VALUES(154,39,'change_mailserver','Can change mail server');
INSERT INTO "auth_permission" VALUES(155,39,'delete_mailserver','Can delete mail server');
INSERT INTO "auth_permission" VALUES(156,39,'view_mailserver','Can view mail server');
INSERT INTO "auth_permission" VALUES(157,40,'add_mail','Can add mail');
INSERT INTO "auth_permission" VALUES(158,40,'change_mail','Can change mail');
INSERT INTO "auth_permission" VALUES(159,40,'delete_mail','Can delete mail');
INSERT INTO "auth_permission" VALUES(160,40,'view_mail','Can view mail');
INSERT INTO "auth_permission" VALUES(161,41,'add_erasurereceipt','Can add erasure receipt');
INSERT INTO "auth_permission" VALUES(162,41,'change_erasurereceipt','Can change erasure receipt');
INSERT INTO "auth_permission" VALUES(163,41,'delete_erasurereceipt','Can delete erasure receipt');
INSERT INTO "auth_permission" VALUES(164,41,'view_erasurereceipt','Can view erasure receipt');
INSERT INTO "auth_permission" VALUES(165,42,'add_heartbeat','Can add heartbeat');
INSERT INTO "auth_permission" VALUES(166,42,'change_heartbeat','Can change heartbeat');
INSERT INTO "auth_permission" VALUES(167,42,'delete_heartbeat','Can delete heartbeat');
INSERT INTO "auth_permission" VALUES(168,42,'view_heartbeat','Can view heartbeat');
CREATE TABLE "django_admin_log" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "object_id" text NULL, "object_repr" varchar(200) NOT NULL, "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0), "change_message" text NOT NULL, "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "action_time" datetime NOT NULL);
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
INSERT INTO "django_content_type" VALUES(1,'admin','logentry');
INSERT INTO "django_content_type" VALUES(2,'auth','permission');
INSERT INTO "django_content_type" VALUES(3,'auth','group');
INSERT INTO "django_content_type" VALUES(4,'contenttypes','contenttype');
INSERT INTO "django_content_type" VALUES(5,'sessions','session');
INSERT INTO "django_content_type" VALUES(6,'account','emailaddress');
INSERT INTO "django_content_type" VALUES(7,'account','emailconfirmation');
INSERT INTO "django_content_type" VALUES(8,'mfa','authenticator');
INSERT INTO "django_content_type" VALUES(9,'usersessions','usersession');
INSERT INTO "django_content_type" VALUES(10,'storage','pendingdeletion');
INSERT INTO "django_content_type" VALUES(11,'accounts','codeattempts');
INSERT INTO "django_content_type" VALUES(12,'accounts','user');
INSERT INTO "django_content_type" VALUES(13,'accounts','consent');
INSERT INTO "django_content_type" VALUES(14,'events','registration');
INSERT INTO "django_content_type" VALUES(15,'events','event');
INSERT INTO "django_content_type" VALUES(16,'events','eventconsent');
INSERT INTO "django_content_type" VALUES(17,'events','guestlistaddress');
INSERT INTO "django_content_type" VALUES(18,'events','hostmail');
INSERT INTO "django_content_type" VALUES(19,'events','hostmailrecipient');
INSERT INTO "django_content_type" VALUES(20,'events','invitation');
INSERT INTO "django_content_type" VALUES(21,'events','inviteduser');
INSERT INTO "django_content_type" VALUES(22,'events','refusal');
INSERT INTO "django_content_type" VALUES(23,'events','cohostinvitation');
INSERT INTO "django_content_type" VALUES(24,'events','cohost');
INSERT INTO "django_content_type" VALUES(25,'photos','photo');
INSERT INTO "django_content_type" VALUES(26,'recognition','sorting');
INSERT INTO "django_content_type" VALUES(27,'recognition','engineinuse');
INSERT INTO "django_content_type" VALUES(28,'recognition','face');
INSERT INTO "django_content_type" VALUES(29,'recognition','livenesschallenge');
INSERT INTO "django_content_type" VALUES(30,'recognition','reference');
INSERT INTO "django_content_type" VALUES(31,'recognition','collision');
INSERT INTO "django_content_type" VALUES(32,'recognition','anchor');
INSERT INTO "django_content_type" VALUES(33,'recognition','manualgrant');
INSERT INTO "django_content_type" VALUES(34,'recognition','match');
INSERT INTO "django_content_type" VALUES(35,'recognition','matchedface');
INSERT INTO "django_content_type" VALUES(36,'recognition','passedlivenesscheck');
INSERT INTO "django_content_type" VALUES(37,'recognition','referenceadmission');
INSERT INTO "django_content_type" VALUES(38,'galleries','publishedgallery');
INSERT INTO "django_content_type" VALUES(39,'notifications','mailserver');
INSERT INTO "django_content_type" VALUES(40,'notifications','mail');
INSERT INTO "django_content_type" VALUES(41,'retention','erasurereceipt');
INSERT INTO "django_content_type" VALUES(42,'pipeline','heartbeat');
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
INSERT INTO "django_migrations" VALUES(1,'contenttypes','0001_initial','2026-11-30 01:20:18.108020');
INSERT INTO "django_migrations" VALUES(2,'contenttypes','0002_remove_content_type_name','2026-11-30 01:20:18.111075');
INSERT INTO "django_migrations" VALUES(3,'auth','0001_initial','2026-11-30 01:20:18.120520');
INSERT INTO "django_migrations" VALUES(4,'auth','0002_alter_permission_name_max_length','2026-11-30 01:20:18.123173');
INSERT INTO "django_migrations" VALUES(5,'auth','0003_alter_user_email_max_length','2026-11-30 01:20:18.125070');
INSERT INTO "django_migrations" VALUES(6,'auth','0004_alter_user_username_opts','2026-11-30 01:20:18.126847');
INSERT INTO "django_migrations" VALUES(7,'auth','0005_alter_user_last_login_null','2026-11-30 01:20:18.132734');
INSERT INTO "django_migrations" VALUES(8,'auth','0006_require_contenttypes_0002','2026-11-30 01:20:18.133018');
INSERT INTO "django_migrations" VALUES(9,'auth','0007_alter_validators_add_error_messages','2026-11-30 01:20:18.134680');
INSERT INTO "django_migrations" VALUES(10,'auth','0008_alter_user_username_max_length','2026-11-30 01:20:18.136396');
INSERT INTO "django_migrations" VALUES(11,'auth','0009_alter_user_last_name_max_length','2026-11-30 01:20:18.138073');
INSERT INTO "django_migrations" VALUES(12,'auth','0010_alter_group_name_max_length','2026-11-30 01:20:18.140423');
INSERT INTO "django_migrations" VALUES(13,'auth','0011_update_proxy_permissions','2026-11-30 01:20:18.145125');
INSERT INTO "django_migrations" VALUES(14,'auth','0012_alter_user_first_name_max_length','2026-11-30 01:20:18.148291');
INSERT INTO "django_migrations" VALUES(15,'accounts','0001_initial','2026-11-30 01:20:18.158899');
INSERT INTO "django_migrations" VALUES(16,'account','0001_initial','2026-11-30 01:20:18.165838');
INSERT INTO "django_migrations" VALUES(17,'account','0002_email_max_length','2026-11-30 01:20:18.174626');
INSERT INTO "django_migrations" VALUES(18,'account','0003_alter_emailaddress_create_unique_verified_email','2026-11-30 01:20:18.180996');
INSERT INTO "django_migrations" VALUES(19,'account','0004_alter_emailaddress_drop_unique_email','2026-11-30 01:20:18.192060');
INSERT INTO "django_migrations" VALUES(20,'account','0005_emailaddress_idx_upper_email','2026-11-30 01:20:18.195422');
INSERT INTO "django_migrations" VALUES(21,'account','0006_emailaddress_lower','2026-11-30 01:20:18.201519');
INSERT INTO "django_migrations" VALUES(22,'account','0007_emailaddress_idx_email','2026-11-30 01:20:18.213789');
INSERT INTO "django_migrations" VALUES(23,'account','0008_emailaddress_unique_primary_email_fixup','2026-11-30 01:20:18.218894');
INSERT INTO "django_migrations" VALUES(24,'account','0009_emailaddress_unique_primary_email','2026-11-30 01:20:18.227544');
INSERT INTO "django_migrations" VALUES(25,'admin','0001_initial','2026-11-30 01:20:18.231743');
INSERT INTO "django_migrations" VALUES(26,'admin','0002_logentry_remove_auto_add','2026-11-30 01:20:18.238548');
INSERT INTO "django_migrations" VALUES(27,'admin','0003_logentry_add_action_flag_choices','2026-11-30 01:20:18.247637');
INSERT INTO "django_migrations" VALUES(28,'events','0001_initial','2026-11-30 01:20:18.489500');
INSERT INTO "django_migrations" VALUES(29,'galleries','0001_initial','2026-11-30 01:20:18.498753');
INSERT INTO "django_migrations" VALUES(30,'mfa','0001_initial','2026-11-30 01:20:18.512315');
INSERT INTO "django_migrations" VALUES(31,'mfa','0002_authenticator_timestamps','2026-11-30 01:20:18.534363');
INSERT INTO "django_migrations" VALUES(32,'mfa','0003_authenticator_type_uniq','2026-11-30 01:20:18.570492');
INSERT INTO "django_migrations" VALUES(33,'notifications','0001_initial','2026-11-30 01:20:18.586887');
INSERT INTO "django_migrations" VALUES(34,'photos','0001_initial','2026-11-30 01:20:18.601592');
INSERT INTO "django_migrations" VALUES(35,'pipeline','0001_initial','2026-11-30 01:20:18.602624');
INSERT INTO "django_migrations" VALUES(36,'recognition','0001_initial','2026-11-30 01:20:18.835947');
INSERT INTO "django_migrations" VALUES(37,'retention','0001_initial','2026-11-30 01:20:18.837360');
INSERT INTO "django_migrations" VALUES(38,'sessions','0001_initial','2026-11-30 01:20:18.838553');
INSERT INTO "django_migrations" VALUES(39,'storage','0001_initial','2026-11-30 01:20:18.840978');
INSERT INTO "django_migrations" VALUES(40,'usersessions','0001_initial','2026-11-30 01:20:18.860921');
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE TABLE "events_cohost" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "added_at" datetime NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "co_host_once" UNIQUE ("event_id", "user_id"));
INSERT INTO "events_cohost" VALUES(1,'2026-11-30 01:20:19.882209',10,'44d5a8b0588d4f5d8d868f83c141732f');
CREATE TABLE "events_cohostinvitation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "invitee" varchar(254) NOT NULL, "invited_at" datetime NOT NULL, "announced_at" datetime NULL, "answered_at" datetime NULL, "declined_at" datetime NULL, "settled_at" datetime NULL, "user_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_co_host_invitation_per_invitee" UNIQUE ("event_id", "invitee"));
INSERT INTO "events_cohostinvitation" VALUES(1,'co_host','2026-11-30 01:20:19.878244','2026-11-30 01:20:19.883114','2026-11-30 01:20:19.882879',NULL,'2026-11-30 01:20:19.882440',10,'44d5a8b0588d4f5d8d868f83c141732f');
INSERT INTO "events_cohostinvitation" VALUES(2,'invited','2026-11-30 01:20:19.879425','2026-11-30 01:20:19.883114',NULL,NULL,NULL,11,'44d5a8b0588d4f5d8d868f83c141732f');
CREATE TABLE "events_event" ("id" char(32) NOT NULL PRIMARY KEY, "name" varchar(80) NOT NULL, "description" text NOT NULL, "place" varchar(120) NOT NULL, "takes_place_on" date NULL, "cover_key" varchar(255) NOT NULL, "is_listed" bool NOT NULL, "created_at" datetime NOT NULL, "registration_closes_at" datetime NOT NULL, "allows_late_registration" bool NOT NULL, "availability_hours" integer unsigned NOT NULL CHECK ("availability_hours" >= 0), "requires_approval" bool NOT NULL, "liveness_check" varchar(10) NOT NULL, "keeps_metadata" bool NOT NULL, "keeps_time" bool NOT NULL, "time_zone" varchar(64) NOT NULL, "is_published" bool NOT NULL, "expires_at" datetime NOT NULL, "faces_expire_at" datetime NULL, "people_announced_at" datetime NULL, "creator_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "events_event" VALUES('44d5a8b0588d4f5d8d868f83c141732f','Alice''s garden party','Under the old oak.','',NULL,'events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/covers/d7cc0560-baa7-4368-90b2-6ada43171cbc.jpg',1,'2026-11-30 01:20:18.953228','2026-11-30 01:20:19.883181',0,48,1,'off',0,1,'',0,'2026-12-14 01:20:19.883181','2026-12-02 01:20:19.558016',NULL,1);
CREATE TABLE "events_eventconsent" ("registration_id" bigint NOT NULL PRIMARY KEY REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, "version" varchar(20) NOT NULL, "text" text NOT NULL, "given_at" datetime NOT NULL, "withdrawn_at" datetime NULL);
INSERT INTO "events_eventconsent" VALUES(1,'event-2026-12','I agree that face recognition is used to find me in the photos of this event.

What we do: We compare your face data with the face data of every face in the event''s photos, and with the face data of the other guests. The event keeps the first photo you''re approved with, and its face data. We use photos you add later only if they show the same face.

Who sees it: The hosts of the event see your name and all photos of your face, and can approve or decline you. Hosts are the event''s creator and the co-hosts they choose. If one of your photos looks very much like another guest''s photo, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw your consent, or the event is deleted (its page shows the date). The first photo you were approved with, and its face data: until the event is deleted, you withdraw your consent, or you delete your account. To delete your face data when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.','2026-11-30 01:20:18.960541',NULL);
INSERT INTO "events_eventconsent" VALUES(2,'event-2026-12','I agree that face recognition is used to find me in the photos of this event.

What we do: We compare your face data with the face data of every face in the event''s photos, and with the face data of the other guests. The event keeps the first photo you''re approved with, and its face data. We use photos you add later only if they show the same face.

Who sees it: The hosts of the event see your name and all photos of your face, and can approve or decline you. Hosts are the event''s creator and the co-hosts they choose. If one of your photos looks very much like another guest''s photo, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw your consent, or the event is deleted (its page shows the date). The first photo you were approved with, and its face data: until the event is deleted, you withdraw your consent, or you delete your account. To delete your face data when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.','2026-11-30 01:20:18.988091',NULL);
INSERT INTO "events_eventconsent" VALUES(3,'event-2026-12','I agree that face recognition is used to find me in the photos of this event.

What we do: We compare your face data with the face data of every face in the event''s photos, and with the face data of the other guests. The event keeps the first photo you''re approved with, and its face data. We use photos you add later only if they show the same face.

Who sees it: The hosts of the event see your name and all photos of your face, and can approve or decline you. Hosts are the event''s creator and the co-hosts they choose. If one of your photos looks very much like another guest''s photo, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw your consent, or the event is deleted (its page shows the date). The first photo you were approved with, and its face data: until the event is deleted, you withdraw your consent, or you delete your account. To delete your face data when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.','2026-11-30 01:20:19.613979',NULL);
INSERT INTO "events_eventconsent" VALUES(4,'event-2026-12','I agree that face recognition is used to find me in the photos of this event.

What we do: We compare your face data with the face data of every face in the event''s photos, and with the face data of the other guests. The event keeps the first photo you''re approved with, and its face data. We use photos you add later only if they show the same face.

Who sees it: The hosts of the event see your name and all photos of your face, and can approve or decline you. Hosts are the event''s creator and the co-hosts they choose. If one of your photos looks very much like another guest''s photo, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw your consent, or the event is deleted (its page shows the date). The first photo you were approved with, and its face data: until the event is deleted, you withdraw your consent, or you delete your account. To delete your face data when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.','2026-11-30 01:20:19.624149',NULL);
INSERT INTO "events_eventconsent" VALUES(5,'event-2026-12','I agree that face recognition is used to find me in the photos of this event.

What we do: We compare your face data with the face data of every face in the event''s photos, and with the face data of the other guests. The event keeps the first photo you''re approved with, and its face data. We use photos you add later only if they show the same face.

Who sees it: The hosts of the event see your name and all photos of your face, and can approve or decline you. Hosts are the event''s creator and the co-hosts they choose. If one of your photos looks very much like another guest''s photo, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw your consent, or the event is deleted (its page shows the date). The first photo you were approved with, and its face data: until the event is deleted, you withdraw your consent, or you delete your account. To delete your face data when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.','2026-11-30 01:20:19.832778',NULL);
INSERT INTO "events_eventconsent" VALUES(6,'event-2026-12','I agree that face recognition is used to find me in the photos of this event.

What we do: We compare your face data with the face data of every face in the event''s photos, and with the face data of the other guests. The event keeps the first photo you''re approved with, and its face data. We use photos you add later only if they show the same face.

Who sees it: The hosts of the event see your name and all photos of your face, and can approve or decline you. Hosts are the event''s creator and the co-hosts they choose. If one of your photos looks very much like another guest''s photo, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw your consent, or the event is deleted (its page shows the date). The first photo you were approved with, and its face data: until the event is deleted, you withdraw your consent, or you delete your account. To delete your face data when you withdraw, we remember which faces were matched with you, even after you leave. We also keep the hosts'' decisions about guests who look alike until the event is deleted.','2026-11-30 01:20:19.846879','2026-11-30 01:20:19.858579');
CREATE TABLE "events_guestlistaddress" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "email" varchar(254) NOT NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_row_per_guest_list_address" UNIQUE ("event_id", "email"));
CREATE TABLE "events_hostmail" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "subject" varchar(120) NOT NULL, "text" text NOT NULL, "written_at" datetime NOT NULL, "author_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "events_hostmailrecipient" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "sent_at" datetime NULL, "mail_id" bigint NOT NULL REFERENCES "events_hostmail" ("id") DEFERRABLE INITIALLY DEFERRED, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "events_invitation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "token_hash" varchar(64) NOT NULL UNIQUE, "created_at" datetime NOT NULL, "expires_at" datetime NOT NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "events_inviteduser" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "followed_at" datetime NOT NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "invited_once" UNIQUE ("event_id", "user_id"));
CREATE TABLE "events_refusal" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "refused_once" UNIQUE ("event_id", "user_id"));
CREATE TABLE "events_registration" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "registered_at" datetime NOT NULL, "was_on_guest_list" bool NOT NULL, "status" varchar(10) NOT NULL, "photos_announced_at" datetime NULL, "end_announced_at" datetime NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_registration_per_person" UNIQUE ("event_id", "user_id"));
INSERT INTO "events_registration" VALUES(1,'2026-11-30 01:20:18.959754',0,'admitted',NULL,NULL,'44d5a8b0588d4f5d8d868f83c141732f',2);
INSERT INTO "events_registration" VALUES(2,'2026-11-30 01:20:18.987423',0,'admitted',NULL,NULL,'44d5a8b0588d4f5d8d868f83c141732f',3);
INSERT INTO "events_registration" VALUES(3,'2026-11-30 01:20:19.613318',0,'pending',NULL,NULL,'44d5a8b0588d4f5d8d868f83c141732f',5);
INSERT INTO "events_registration" VALUES(4,'2026-11-30 01:20:19.623603',0,'admitted',NULL,NULL,'44d5a8b0588d4f5d8d868f83c141732f',6);
INSERT INTO "events_registration" VALUES(5,'2026-11-30 01:20:19.832225',0,'blocked',NULL,NULL,'44d5a8b0588d4f5d8d868f83c141732f',7);
INSERT INTO "events_registration" VALUES(6,'2026-11-30 01:20:19.846291',0,'admitted',NULL,NULL,'44d5a8b0588d4f5d8d868f83c141732f',8);
CREATE TABLE "galleries_publishedgallery" ("id" char(32) NOT NULL PRIMARY KEY, "photos_digest" varchar(64) NOT NULL, "policy" char(32) NOT NULL, "open_until" datetime NULL, "filled_at" datetime NOT NULL, "registration_id" bigint NOT NULL UNIQUE REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "mfa_authenticator" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "type" varchar(20) NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "created_at" datetime NOT NULL, "last_used_at" datetime NULL);
CREATE TABLE "notifications_mail" ("queued_at" datetime NULL, "claim" char(32) NULL, "claimed_until" datetime NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "errors" smallint unsigned NOT NULL CHECK ("errors" >= 0), "id" char(32) NOT NULL PRIMARY KEY, "kind" varchar(60) NOT NULL, "urgency" smallint unsigned NOT NULL CHECK ("urgency" >= 0), "status" varchar(10) NOT NULL, "content" BLOB NULL, "written_at" datetime NOT NULL, "due_at" datetime NOT NULL, "valid_until" datetime NOT NULL, "author_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "event_id" char(32) NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "notifications_mailserver" ("queued_at" datetime NULL, "claim" char(32) NULL, "claimed_until" datetime NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "errors" smallint unsigned NOT NULL CHECK ("errors" >= 0), "id" smallint unsigned NOT NULL PRIMARY KEY CHECK ("id" >= 0));
CREATE TABLE "photos_photo" ("queued_at" datetime NULL, "claim" char(32) NULL, "claimed_until" datetime NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "errors" smallint unsigned NOT NULL CHECK ("errors" >= 0), "id" char(32) NOT NULL PRIMARY KEY, "uploaded_at" datetime NOT NULL, "taken_local" varchar(26) NOT NULL, "taken_offset_minutes" smallint NULL, "taken_at" datetime NULL, "name" varchar(120) NOT NULL, "sha256" varchar(64) NOT NULL, "content_type" varchar(20) NOT NULL, "size_bytes" bigint unsigned NOT NULL CHECK ("size_bytes" >= 0), "width" integer unsigned NOT NULL CHECK ("width" >= 0), "height" integer unsigned NOT NULL CHECK ("height" >= 0), "has_metadata" bool NOT NULL, "original_key" varchar(255) NOT NULL, "web_key" varchar(255) NOT NULL, "thumbnail_key" varchar(255) NOT NULL, "status" varchar(10) NOT NULL, "failure" varchar(300) NOT NULL, "engine_version" varchar(60) NOT NULL, "analyzed_at" datetime NULL, "released_at" datetime NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "uploaded_by_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "same_bytes_once_per_event" UNIQUE ("event_id", "sha256"));
INSERT INTO "photos_photo" VALUES(NULL,NULL,NULL,1,0,'a5ac9aed3db54f1e8389caefad4f821d','2026-11-30 01:20:19.380593','',NULL,NULL,'bob.png','b76aea3b111613331b64457712a50a15ea6658b7b8e76603b66166590dfe76b0','image/png',163,64,64,0,'events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/a5ac9aed-3db5-4f1e-8389-caefad4f821d/7e169298-167c-4ce5-ad07-211faf899818.png','events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/a5ac9aed-3db5-4f1e-8389-caefad4f821d/e5ac72c1-0da8-4519-bba2-85a3a9e22a41.jpg','events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/a5ac9aed-3db5-4f1e-8389-caefad4f821d/ed3a2705-c5d5-4a4c-9db4-0babb3aeb662.jpg','analyzed','','stripes-1','2026-11-30 01:20:19.430648','2026-11-30 01:20:19.557782','44d5a8b0588d4f5d8d868f83c141732f',1);
INSERT INTO "photos_photo" VALUES(NULL,NULL,NULL,1,0,'ce7f723fab6348249b5e5296b2da2c5d','2026-11-30 01:20:19.394309','',NULL,NULL,'shared.png','ea8447b22150809f156be5a65ed7eda0a7029e8dc007303bdc330bb4f2dfeb60','image/png',236,128,64,0,'events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/ce7f723f-ab63-4824-9b5e-5296b2da2c5d/dfb19dc6-600f-4349-9231-fd41295b7858.png','events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/ce7f723f-ab63-4824-9b5e-5296b2da2c5d/ca10e6d7-7f9d-4b40-8a12-fb9e58c4cbf8.jpg','events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/ce7f723f-ab63-4824-9b5e-5296b2da2c5d/ad1966f6-483d-4c7c-b3a9-176e4f84e098.jpg','analyzed','','stripes-1','2026-11-30 01:20:19.456548','2026-11-30 01:20:19.557782','44d5a8b0588d4f5d8d868f83c141732f',1);
INSERT INTO "photos_photo" VALUES(NULL,NULL,NULL,1,0,'000ffe5a9d7241e68b48db3e3a0fa36f','2026-11-30 01:20:19.402949','',NULL,NULL,'strangers.png','5043a3d69d0d7bfa9624ff0ec37bdd56e4e9c79aa7d2422071d7e870017e18d6','image/png',239,128,64,0,'events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/000ffe5a-9d72-41e6-8b48-db3e3a0fa36f/5f3f6a64-5216-4b05-901f-f7a51ea72cb0.png','events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/000ffe5a-9d72-41e6-8b48-db3e3a0fa36f/1d1d3938-5c45-4e65-8650-1e9ad4418c33.jpg','events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/000ffe5a-9d72-41e6-8b48-db3e3a0fa36f/16471f6d-ec72-4d2a-8577-48f2ee1a6589.jpg','analyzed','','stripes-1','2026-11-30 01:20:19.462317','2026-11-30 01:20:19.557782','44d5a8b0588d4f5d8d868f83c141732f',1);
INSERT INTO "photos_photo" VALUES(NULL,NULL,NULL,1,0,'9f2a0de311184efca550ec9ee8c99ce2','2026-11-30 01:20:19.409237','',NULL,NULL,'doubtful.png','ffb9842c08db9f7281a958c3f3aeae4bb45e1a9b4e5fe820593c55fd0e6a8318','image/png',163,64,64,0,'events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/9f2a0de3-1118-4efc-a550-ec9ee8c99ce2/e9325c41-bd41-49ff-a432-af2b9758dde9.png','events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/9f2a0de3-1118-4efc-a550-ec9ee8c99ce2/63fa621a-f5e3-465f-b9be-19daedbd759a.jpg','events/44d5a8b0-588d-4f5d-8d86-8f83c141732f/photos/9f2a0de3-1118-4efc-a550-ec9ee8c99ce2/1754fb79-9395-4504-aee7-359bfff698d3.jpg','analyzed','','stripes-1','2026-11-30 01:20:19.469080','2026-11-30 01:20:19.557782','44d5a8b0588d4f5d8d868f83c141732f',1);
CREATE TABLE "pipeline_heartbeat" ("name" varchar(200) NOT NULL PRIMARY KEY, "at" datetime NOT NULL, "job" varchar(100) NOT NULL, "job_since" datetime NULL);
CREATE TABLE "recognition_anchor" ("id" char(32) NOT NULL PRIMARY KEY, "reference_id" char(32) NOT NULL, "image_key" varchar(255) NOT NULL, "embedding" BLOB NOT NULL, "engine_version" varchar(60) NOT NULL, "joined_at" datetime NOT NULL, "fixed_at" datetime NOT NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_anchor_per_person" UNIQUE ("event_id", "user_id"));
INSERT INTO "recognition_anchor" VALUES('5aa47866d39f4281998d2ca929c96985','07451b9451354202877817692abd7e88','references/07451b94-5135-4202-8778-17692abd7e88.sealed',X'017FFFD2CA18C562259AC007FEE96B759F7CE9B101B21F45E3CD2C55A5E077179F7ACCA230022BFFCC7E847F1169F928A7D85D29FC293124BDF67E4906B2D5A0B6E3DEDE7C8B4FD7183BE6321467E360291571B5309EF4C48F5423461A9D91EC1D5F83FB61A023E87CF6A444F211AEF1A38B1ED810DE8204D11789635E156D7EE322456AC263674DF7363108C4D54C3F01CB3A60B62C5A8D6051EF783B6D8C7412EEB9FEB85E3687D6F0002E494F7A6D5E4EFF5F64825AE3841FEB623FE8020A9C27968016E69E8B01353F831B69DBC248F5CBDC86B51378A4BC3679496E21B265A6C9F3E0D6F6FD29252045067F0048418C9AD6DE6240CFD65FB127208A183B791A7D21039B1A592C7E8FC376A7F770607EEEDD6A4E022152F7768EEB5F55B2CAC9C3CD39989A74C4115645A772B992CDABA38968D4400F6B5627071D484E2B49277EEE156E5837792B22ED93C16C97E4FC8801B4166D931358D5167BE0A033EB26E6C74D6B8C024259B892AC325ECA6DDB10233FAC274B7863EB7C7EDC9793142EB27CDE95FF82BECAB9798C402BCD7B0A25F5BCCEB8B01E0225756E6184F5CFE8622DD25ADDC5E068842F62F4C6EE1F8B78523062318E7D85283285486B0322E5367F6B3489F73085D18990AB5292BC44B53D7849D9A28D99B9DEB53A4906B1917CC08287DD6AD409C9123835EAB786ADE0157DB67F8C2AB7286950F87B2B3264AC05EE3367D956F9ACBF457974453A8FB047ADA18707D7A54332C016E1A06D8E118B37','stripes-1','2026-11-30 01:20:18.960541','2026-11-30 01:20:18.969724','44d5a8b0588d4f5d8d868f83c141732f',2);
INSERT INTO "recognition_anchor" VALUES('834754aed7e24694a84761875e291f3a','9a015fdb6f794f8d9bed433f835558df','references/9a015fdb-6f79-4f8d-9bed-433f835558df.sealed',X'017FFFD2CA18C562251B954EBC7690720523827F873EB9B13015D11EC2B0C5350D41138DFFA4D0415D4F46EB841DD2A701A4032DE9990E7770A0881544AF80FB01FF252543DD3AB5752DA9B561D2B5F768E9D59A715256659778306C282AB1C9BDC18F6500FE18B3AA86549B34E971A325ABAEB6BCD54DA69EEC90999C01F57064395DFDCAC8A9EAB31BD484F3EB30F0215CD11BD84E94BAB7A6BBD107C32D172BF1217841132D0C1484E98325CC4B003DE4406914419B23B4AA91CDF5C50EE79A2715EB048220D10384EF6B270B4C9F92BF4345A6AE5ACFB04655FAEEA60894C57E37BF833CA5C710345FA8C3985FB2F88002C7C0DDCFB21DC47FE0AA0AFD1DCB1093DD0F9E628325BADC84AABCD6F0285E6448E095228D4B1B2947EB99452520EFA28F0498B037F83D052504C820F8A2439033F55FCD7AD3EFF43760986CFC9085095953F794FCEF5BC31CEE8391C9E75906B58303AAB16B96FCCC05AD9EDC68F2598D6B8EDBECAB0F9CCFE30DAC136EED60DF7AE9652D5532400A417D9667BF80261EB32985CD6AE119F8A42B586A350DA07A686B9A2363AEBCFB590A07AB166D9341B03CE6F79A8A6D7C54999E5D31597ADBC7D137945E468CD36DC3D42636311BBB0DD3D5EB01B08CF80537F48E39BBA796B2AB8A1A1FFBE6DEECF988E58D9AD9B722337190E9FDFF370C4A07D05EB0A86750DC8D88B080AED6A853DBE6F63A0C6F7BFC520AD1E60E15013A8CDD71BAF0065C4CA1E1DD6D78534B0D0C81DA669B9A97','stripes-1','2026-11-30 01:20:18.988091','2026-11-30 01:20:18.993766','44d5a8b0588d4f5d8d868f83c141732f',3);
INSERT INTO "recognition_anchor" VALUES('b583795dcacb424b95fc84345e99f17a','231044c75d2b436fb710e150dcc4799a','references/231044c7-5d2b-436f-b710-e150dcc4799a.sealed',X'017FFFD2CA18C562258B0EE89CFC177D3DB5A3333FCB69A6CFAC4363269C92EEE26688FF372729A2BC0A773195B7201FCB5E6C7ADFA6481BC6BDE064D8FF5C13BD7921C1C66B8080F4AF4442C8A6996648BACBE2581F7A15DF59487ACFF22E5A6BEDE72145BC2F7650BF1BC1C48F4EC82C27116D7DF89B6B00924899C8BB6E06F4949EB5DC90BD13D7CE959023A9B2C60A5555F43C7A5B98662EA6A81BA8DAC15F7B84A0D36418BAF92C3289510E756D06E10072A33ECE9D0218761F1B2C69BB1A34CE143BFCDA6A44A4F58E85AD17DF9D1DB7D4CA41B53FEB0F1362995FC100B259A96D65586684F805582042A706F484A9E74CE8257C7ACBC948AB86D1B29C3BC9E08E1B9FDB233D2BE62D6A617BF9D484CA05889D0CDDAB19DFEBC136D6D71869AE58B7590F28EAD136A1AAB84B94CDF33678AA523555D90C89DAFC28171355847F88388917894F21A97E515545D030085C2089502191B894B785E2008D6E940EFEF25391B0455BCD5623E1AF4A571B846E413AEEA42B3F3386216A3DE2FDAFAEF33FF7B9011B111AD288E7BB86628561BAAD7BD3C8DA8A350747240C19B2EBB73ACD1FA7A3637C3D49F6AC35FD3D3F2F25857FF74394A841AC884DC948D03D3C9DD75649810549FE77F867DCAA54758358E67D23B3180D1047A442B7386E9B6DDEE59314CB162ACACA37F7B522D557398BDAC72DE011FED5FE3B533BE6EFB8D0D65597196B4311E58869CDEC32236F2641B988588C804DD42AB1A2A595C18F39545182','stripes-1','2026-11-30 01:20:19.624149','2026-11-30 01:20:19.830234','44d5a8b0588d4f5d8d868f83c141732f',6);
INSERT INTO "recognition_anchor" VALUES('fc68d33b9a5b4bcda624becb74780bb4','3b55c8325e2f435eb89c24b2807ea9af','references/3b55c832-5e2f-435e-b89c-24b2807ea9af.sealed',X'017FFFD2CA18C56225BD7EE10A77F7D63E15A59950A8F2D5B4D051E4A8B5D844E2C5B6190C2501748527824CE871E3D3B766AEB5FAD323BE11246793E0860CE69C6D4532D042E88BC11692163824DA5CAC545346DC14B44A1E42C49B00B08F47CE0729FDD2EE494418D7A0612E4739C13509C02001A1C432BBBC6588815E2CA2C44EEC488AE2859B8A46B223DC2208E3FD92942AE1E7B6785E972434B2591354D092E38C67A73ED3C4831FC946FEE4A69D3B534837DC66D4802C80229B2A04C8749246EE60EC55D28CD51FB7B807DA161CD2F03BA6331FACCC026683B4059D7316AEB49B0F03E3A237216244828A3E1042E55EC18A15DEB7033CCA65E8D0F3F083AE620D9A4B0FAF6F0A5CD60780D63225668635A9198DF63FA7771A993B66AF4991EB5744B05A2D7EA8A047B052D08DC2D69E0CD587F71FD214E1CBD759A69846FE417EA88094C64E19D1F9E7B6165CB558E7FBE2F8011264C72991CEC03ECA4014552C4FBB8393E0F0F5805058B535CF6C420BB3A929603989FFF7AC04B7731EA6D702D6A35955608566450B4CB8C40522C60AA5A93DC68636F37EFA1D59458ECAEE1131A7B866E990237B4700D6CCF436AE9376924709FEF8ABF09C882377B7C07540AC57F68364DD6FCF45AE88BEB07FEA4B671086DFD9CBCBF68E4E3A02BC5B2C689EE74057F147E68B2E17F0653C2B6E8CD9ED6382D3C5823F7F3473397019A7F4EBA0ECF64027C414BDA2BEB22B360C8BC220B4BD36F4EB3927653D96AD4C31F8DF','stripes-1','2026-11-30 01:20:19.832778','2026-11-30 01:20:19.842906','44d5a8b0588d4f5d8d868f83c141732f',7);
CREATE TABLE "recognition_collision" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "kind" varchar(10) NOT NULL, "found_at" datetime NOT NULL, "dismissed_at" datetime NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "newcomer_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "other_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "face_id" bigint NULL REFERENCES "recognition_face" ("id") DEFERRABLE INITIALLY DEFERRED, "other_reference_id" char(32) NULL REFERENCES "recognition_reference" ("id") DEFERRABLE INITIALLY DEFERRED, "reference_id" char(32) NULL REFERENCES "recognition_reference" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "recognition_collision" VALUES(1,'person','2026-11-30 01:20:19.824384',NULL,'44d5a8b0588d4f5d8d868f83c141732f',6,2,NULL,'07451b9451354202877817692abd7e88','231044c75d2b436fb710e150dcc4799a');
CREATE TABLE "recognition_engineinuse" ("id" smallint unsigned NOT NULL PRIMARY KEY CHECK ("id" >= 0), "version" varchar(60) NOT NULL, "since" datetime NOT NULL, CONSTRAINT "one_engine_in_use" CHECK ("id" = 1));
INSERT INTO "recognition_engineinuse" VALUES(1,'stripes-1','2026-11-30 01:20:19.416357');
CREATE TABLE "recognition_face" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "left" integer NOT NULL, "top" integer NOT NULL, "right" integer NOT NULL, "bottom" integer NOT NULL, "embedding" BLOB NULL, "engine_version" varchar(60) NOT NULL, "cluster" integer unsigned NULL CHECK ("cluster" >= 0), "photo_id" char(32) NOT NULL REFERENCES "photos_photo" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "recognition_face" VALUES(1,0,0,64,64,X'017FFFD2CA18C5622591C15253FA73FF0ED93756D5467648E5967ABC37E1621C5D56CF68858BA0389931F1230CF9E864A407CB04D46D203AC15D2D94A06574F12B70717CA99CDA422613F7F2BB84DDACB225CF23D5C4E4F5B5D584AC9C4340092EA1F4107DFBADB33EB8177316B2A64BAFBD19E43B59EB177821E089CAA2A33B9C0CEE8CA1D84718B099DC20C4C5ECB8B51811DE663E7B6EC84ED128178B15922FC804604EF6734422D9CB2D7DA8F2307FD533E46559F76FF4195782005F3BDCC64DAB3EC57CE80FE3A75FC5EFB299EA6351E485421368F7FF2AEF7BC5D21AA80AB8DE0B8A0FAE78A6541F2F0C8F230E816013E29AC0D1B39ECB64AD4CBEF9A83BB5AF2098B2B43ACADE3503916B3B73FF84E4815EBF94BE1250F22A5BB8A1E577994657318FC21A89749E137ED7146C78FE0F8F498022705D2022AB4958763A83055956C4AE6255EA6CFF1B1D53BDC218E66AE364D84C89C805CF23C6385C41D5DC85C663500082C9E388D457A2B53CD2F5E0E6FD86A23FA7B0E8FEE2642A63F9C5C33C00584FC984863FF1585C0661C1E2302F10FE9F34B4BCE9D122B73D9ABE79CA08BEC0A50B380CEA7579C16052A6F9C5FA8AF7EC2A2DDE1525CB47217AC030D4D9F8AC056E6FB008864B5E4048F6EDBA0065AAA9F9A00AAD15B987ED3EFCF67FA8A5FB14692F76089590EF8D5C8E3DCC0A82474502ABFC84B6EFC09BAF6F9B7B16C0A0CDCECF3EF7FF3E6A3D1A6E1AC4A28F722D566AF87F515C556E1F04EC9F60B6','stripes-1',2,'a5ac9aed3db54f1e8389caefad4f821d');
INSERT INTO "recognition_face" VALUES(2,0,0,64,64,X'017FFFD2CA18C562254D665185525A9562E5E304A8899665F00923C69BE91ED0D0235069FFC2D9BFD63F0694E27F60B459AD0432ACF004E9BFB965D6D7C040759C8CA51F5F665A2F7D551DBED2A6505AC53E9F494ED86C926BD15EE23E5497F61392BF7A8AA2E93F4BFDD4D723D737F9E7106179691DB5DB4CC82860834A6F7D3950AED9BC51B5E13385AFA3B963D2D85E516F3D7991021FCD403581E2C95F7BFD7BE76EACC8B315C7F6F402C24E9AEF188BF94FCBC5FE44809A4A1D91977A06780113E31EFF3A6589B8FCA9043745EB4BD07BAA73D74518439C4CCAD7FFB5EDEC61C1CCFADB5E921D94E73F1582665CFCCDDA132F9512DAF379BCE8FB4848CC893EBED13F9CF4BA8BB7CB76248983D2E061BB0C8C094F1B6E4AC54F799D0ECEAD5E614F699FD94589B3EEB4E4BAB29A8586900AFFE1F98E661650C65FF1838E24B1F049A8066584CC5D337B2BED57E5782C47632B5CF4DFC0810F20D836E728331C79BC6115C441E0979BDE0872EAB1732FF9427B31694129CAF008D7C802174E48261CCA8B6E99D83F1507D68ACE71BADA92FA66E07BB546E145718E8F1FC244764A50B51834528ABC6D54C30A2BDA4155E3E516EA21350F0A603390F8773536B64DC3A8035395F859CB4E309A6F3D3E2B0E1C1BD216B6EA0FC3056D0902EAF5AE9149143C2AF91E0742778F572DF6CD5B5410C2D497497047A7885E25DCCF005FA6C9E82A116D6A883E7CC7E62AAA5A103DCDE124DF6772CFAFBDBD1CC7D5754F0163BB','stripes-1',2,'ce7f723fab6348249b5e5296b2da2c5d');
INSERT INTO "recognition_face" VALUES(3,64,0,128,64,X'017FFFD2CA18C56225D6B0BE6EB9418E044F5B879D3EC86FD26AC33CCB0A85E9085D5AB9B1E58F9F7BD9F10F2F55A957672AA5323354B36CD730528BA1744CABA89F3009C7DC174590BBB013A6DF85C5A2C85A5EA5CD1D7B0C62FFC840419148F70BC48E455FACEDB20FE4808C64185B8A24A017560CCA9EC7033ACBA137F554D510FBA75554296F261BE589D2FEF95BA257E91A882D190B7B587F6E9F9A854C52BA68D0DE46D6D2DB71832A72F81047F3216023EE2CA4555D30DF0ECC41A1CBF0AB4CE89102EACB74989FCB330D4411E9CEC78B9EA858D5260D8B910A66E7384E725C2EA08D5414C4C76D6E7809423E70520872BFEA042CD8F0DA7D45A22AA660AFE677B7DC65B90748C3E6B4B726777EA33D55D9DB4E681359A323146A790E49F20433D4C4B4BB88B99B66A55F018A03BEFEC3590E758ABD9932846E83EF8A1CBCC5B45374D25F328D3C8708AB82B080C6C66264BF9B954397803E869DE21BC8053A6CE203F3E3AC0BEFB3BA2D8AE0B5660B6EF2E8882D8223694C2E336BD8536C021F02C772319A1FA7F8B0EC2E768B5F48D6DD79A7D34B0DDF697F7091AA0B7C4DE9AD882F2991382A87A7ED309B8F9A17F280447E4A31AF069BAD4259C7F973F79C1F92D3B55252151F9421604B15080038E6AB19699CCE0FD9E1A50BF269A608039284D6076DB328F59D62DE552B2EE516B24AB18D2DB6353707CED3B5A4720C9211861E0EC724B3D366456CCFD749D733EFBD924A6E2CD1210386DDDA980DA07B5E','stripes-1',1,'ce7f723fab6348249b5e5296b2da2c5d');
INSERT INTO "recognition_face" VALUES(4,0,0,64,64,X'017FFFD2CA18C56225F4798B5F50EAA43F7403EDDB8E55D511CB0FDF15EF0900011629436A23E7A1C6E1B26AC95B56E51C20755259A1321CBE52EFEA8800A88327D1C85B9022C0D9E46B97A4E010535834FB9C6B434A7972CA092876EEAEADC80A9CBE44D94DCB86874FE1A2CC899BFD6AE33E6057015AE2FFD4E4D026C2356739E30020E0BFC596A121CAD35245A9451ADDF785175EFD56AA822966B21160BE0CAA107956578F4BD7CC7B1B5D8D9E8CEA6E63A4E2641A52DE7891CA937469B4277C778E610A69160A24C9080566B589D49DD6816049E8FD543E905860F9062957F7015B06B7DB62963DD9600494586A74AE9E9E0ECB93C32051930FB86FB3D70A7C1FA49572A3ABD1AC6BE0B5CB893782A574E4E1654F37EF5A990A642E6A2DD8B358CC5040CE5E18CABBD318EE3C9987D8F081092736588A1F94186CC1255DA27649A244A67DBD11510AD3398DA6E15FF91FC7A103F923ED02C7C95E189BC5EFCCD2CB53563B8937E8D30AE556A1BBEFD57ACC051A58D335AFEBB13BCE72A3F41B2B33B90A376CE1EC697C481E9B7B1548AD93A0C4D49585C69B898ADE387E3BBE7C927950823E8C1D01EBA02366EA8D53B4F6B36AB530A481BCB4E1B0B10011BC8F3124E80079DFA588B51BB1C8640AA46603D97BF050C724D2BBBA481667A0C48321049BE7486944956FFE8FCCA8E9C49904711CAAF0A99093D5996C02755E391172830D0632ABC121E5FA1087BD83F1954F35BFA6702578E51555E7E002CB9D697BBA','stripes-1',1,'000ffe5a9d7241e68b48db3e3a0fa36f');
INSERT INTO "recognition_face" VALUES(5,64,0,128,64,X'017FFFD2CA18C56225D8E558D38252C819D34F6A2780DFC136E599C316AE25B35F014E829F93D9189930ED3E237C042F96E65D719EE04DCEC8EE8FD0EBF0D671C4E6544D0576C28455DDE5F60952A286E5439C63EF529E3E51B24F759B61198A8C48DCDAAF86679A39E35593E62D99BD19C0C45CA04CC091DBC89ADBD91DBEB33928899730EB8BA31C657D1CD2A7F2ECCFB4495CBCE1F335E42B534D92096F00032B7BA00BB34014FAAC3240863164C1743C854CCCC4C081A5FE28481CF167C01504054DD2FF95049617D5741E9067F15946A6F637AF35F4B22BC795A392182AE336DD2C18BE40FFD5EC552D64BAE8968914E613CA67FBD6213078B132ABD2DCAF4B061C20BD888F1A3F67B34427C6034930FCFA080D8992F5238DBD3BD247BA34F54171843F9D09CAB7A0504E882D40F421A3F5CEDBD5F65C976C5FAF01ACACBB4EF6AABF48D6788D9D240B0901B39BF0A3214F032A8BCBDC9A38E308CAAF59280EBE62D56FD9D42C701C624008DAF3A6EC05DA6C10FC47A0C1F62E1D65232271278ADA1D7CC45167359EAE8806DF307DDC10DC0F5A142881AC80CEAAFFF33F0EF80BEB29AD0C3E94EBAF958F130FEDB160A645E9E1424EF6AA796DA30DF743370D44BA1D28D1FD32BCBAD9A72A5B7FB5DABCBC811A526506E8A6A705D52FB04187F7E0BEAE8ADBC6603781CE1528A0A8F035ABBE35B51A976589E6781315C584147923F9C88F6B79649695F070F15CE75572F803A308AEAFD84E5C8CDC0D7FDFC577401A','stripes-1',0,'000ffe5a9d7241e68b48db3e3a0fa36f');
INSERT INTO "recognition_face" VALUES(6,0,0,64,64,X'017FFFD2CA18C562253B59AE748337802AD506004E27E4665A509A841347E804CB33FF5957384B0474B19264993AB1A696CA2478A8092213D08A4180C7F60577E2B1DE4DF323D67A3A90B9408690C3635FFAB5D64DFAE6184B7A5D8D17CE9BBED704696F9C6EBF3C53F03B578FF8821F9D787CB5902B176E6A3756CC624B53BB2AE14CF19927E020CEF32B803B7AE96C86A00A0CEC221F3953315CA520C53BFC24D36CD0BC78E361844AB2F664FCABE904C2791C1B1B89E4948F2B53DBC2A16B316C1F81FBFF23F18DBCCCA9395606CC54928F1699E3EB68DF716127FB528A09FCA0B8B79D51DD06BAF984E5A386FB1FA2A9341BB2C89D9FBC8C0FB0F8B809AB42AB0A0B91455FE82238EC14315B1783484907E9BE3877E0F375AAFCBE2F916AC0BF32D1047CE342214CD9C012A8458269EBFAC2335A6B7A146962D17B26D803CB826A919A04DFD5EBB6F669B6145909EDFD54CA55CA10DC5DCADA6D6B03697159DCD74A310D8AA3106B045F4ED05DDB6A9EAB6B02465EE0CC25E41CD178D0C1EEAFA3755CA386B6DE3DAB5A4A605684323453AAA2E77139A30A37C983A3AC67130C81900DF704F96B35A674D25A21871E1603F03FDEE9AE9D57187B8FD413B97ABEC17952CFEA1E83FC96D28DA30B6D6FF4257A26316C7AF32D7B8CCCC547CF37EF25D5A356E4CB056146D9778617C55DD405ED6DF880736660ED22214C5CB797965FAD2C1B06EEF87165FFAA1DB63750E94B5EB1C097567A7FD6AB5B122A6F73670BB57B','stripes-1',0,'9f2a0de311184efca550ec9ee8c99ce2');
CREATE TABLE "recognition_livenesschallenge" ("id" char(32) NOT NULL PRIMARY KEY, "turns" varchar(40) NOT NULL, "expires_at" datetime NOT NULL, "used_at" datetime NULL, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "recognition_manualgrant" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "granted_at" datetime NOT NULL, "photo_id" char(32) NOT NULL REFERENCES "photos_photo" ("id") DEFERRABLE INITIALLY DEFERRED, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_grant_per_photo" UNIQUE ("registration_id", "photo_id"));
CREATE TABLE "recognition_match" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "status" varchar(10) NOT NULL, "distance" real NOT NULL, "threshold" real NOT NULL, "reason" varchar(300) NOT NULL, "engine_version" varchar(60) NOT NULL, "decided_at" datetime NOT NULL, "face_id" bigint NOT NULL REFERENCES "recognition_face" ("id") DEFERRABLE INITIALLY DEFERRED, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_match_per_face" UNIQUE ("registration_id", "face_id"));
INSERT INTO "recognition_match" VALUES(4,'match',2.01007083058357238769e-01,3.7530803680419921875e-01,'0.20 to the reference, limit 0.38; next nearest person 1.39','stripes-1','2026-11-30 01:20:19.911219',1,1);
INSERT INTO "recognition_match" VALUES(5,'match',2.04434156417846679687e-01,3.7530803680419921875e-01,'0.20 to the reference, limit 0.38; next nearest person 1.38','stripes-1','2026-11-30 01:20:19.911236',2,1);
CREATE TABLE "recognition_matchedface" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "face_id" bigint NOT NULL REFERENCES "recognition_face" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_matched_face_per_person" UNIQUE ("user_id", "face_id"));
INSERT INTO "recognition_matchedface" VALUES(1,1,2);
INSERT INTO "recognition_matchedface" VALUES(2,2,2);
CREATE TABLE "recognition_passedlivenesscheck" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "passed_at" datetime NOT NULL, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, "reference_id" char(32) NOT NULL REFERENCES "recognition_reference" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_live_check_per_reference" UNIQUE ("registration_id", "reference_id"));
CREATE TABLE "recognition_reference" ("id" char(32) NOT NULL PRIMARY KEY, "image_key" varchar(255) NOT NULL, "embedding" BLOB NOT NULL, "engine_version" varchar(60) NOT NULL, "created_at" datetime NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "recognition_reference" VALUES('074219db26c24f589c931ec26e0c353c','references/074219db-26c2-4f58-9c93-1ec26e0c353c.sealed',X'017FFFD2CA18C56225933793B3D2F5CE38C42323AD16A4E0A8A221F884992B2A1EF85DBB4B1D81F251B1A1A63FDB860098D0E00072CB7C89F883021EA6A9232F5B7ACC358DBFEFC879C627503E5ED7953AE28F6657DE81885E41FC81820347C08CACE729F93E3BB2040A48F4868069386B05FBFCEA572FBC303210FF412A9968CAC7234914EB059473BB36BE34FE447BCF0D24F3CCC4D87C2F19D8820FBD8EDC8BED2DFBCFBEA800898B7592076606E915564018E29108E17008F06E22AF40BAB62DCFD0CF76680ACBF713B47D7776C99D883EEF4B88598415B1E0C41F60007B8A1DCCB31C4D4ACBAA2B4488FBA76860EDF96099F3D18E02A7AD7D4E6F43A52266E53BB6E184B8895B17CBB2FC5CECE4FE4109349CCB505095AA236CA2D8ECCF1547763A44627E61F3D150C4C1D6E734AD3781EF5338C6E9C913FE0F5FFEF6F89F8862DE27D6C75CFC0C91B19AFC8E9F2EF7943AFEA9D5ED5E4E072F6ADC0DC7F0F5C8A2A921B495D6E9CF3AF3CC0429C0B41FBA7F00A630A3BD91A7B840F0FE80856CC4F2916E3B62C52F89FAB77E3CB4404B753E98E4712AF4B6A88A65BBFB14F9421B6A5D082F4E419EB256ABD6923E844D33E3AFA78D1BEFB891B20B338BC4AAA317A1B2F6B5D57CB5E5B594D6B159083FFBD520D32E30222962DEB4477A7A079DE9D6754AFE0578FD55D530A32BB1AA5C64E6E116F55D0AFECC045181B2113261CC300E4EBCB57DAA00C6B7593C5DF376D99CCD31CC0DBFC85896626566D6D146E26D','stripes-1','2026-11-30 01:20:18.951486',1);
INSERT INTO "recognition_reference" VALUES('07451b9451354202877817692abd7e88','references/07451b94-5135-4202-8778-17692abd7e88.sealed',X'017FFFD2CA18C56225DD322A6F596FAED382C6FED796F4F7234823CBF348709406213F3EDA6E44E1D1D97E42C5466037E257118DFB892A0C8DF072C87D0DDC66C3E482F6178FAE0EAB873C15A6EA9A26610FD5D900415036C0A43ED2A6641D5A3AE679E9384C005DD8C7009BB7B93E01CE24C7B6266AEA98292054956E3E56E107615EA5F369FDD7BC1A77863115FBFE7B4B4FF3DA81F5247194F90E9388A10E5A251E819010D0A5679F1633D192BE7390E7071B0BE89FA9FEF048DF52E27D97699EE881687E3AB551097066272A11377A449D9F9F02420DA74632C055528E9FDE589602422DFBD4F73E3B9FC1B57558BB7A6CD815480D80DD7BAF4F5C878B4AEE43AF49C12EC16F44BD8898C6C86464F10318BCBE54BF6E0711104E9BAE3FD48706F83B7B9C2338F71E75F1719061E93BA53F18748246454235FB3748F695C84F3F0F440420E8FCBF8BA29D356AFCAD4779EF08884FCB2953594AB912CBA522DF17398D17CA56FB081DD0B78B6D23510E6DC5927E229ECF570B0CDF5AB12D903BA549821A10A32E9EEE9C68021196B484DF3DDA61F16504DE73991D505F9241094B62015C1A3A379022460724DB660EA0BB84BF57D8B1D0C345F52CA9F98D81F5575CA2F2017CD69BE0C9451F2281A4FE709F492D81BDA8BDD9A325460D12876750E26DDC2B7ED19630FBC8DDF5F585BAFC3F780290F68E51C9488E716E427ED3F80E71BAD2AFCF3F14DFAB426D250BC4D70CD000B819007BD17ADE3951CD684EDC316A48','stripes-1','2026-11-30 01:20:18.957971',2);
INSERT INTO "recognition_reference" VALUES('9a015fdb6f794f8d9bed433f835558df','references/9a015fdb-6f79-4f8d-9bed-433f835558df.sealed',X'017FFFD2CA18C56225398E3D4576F3A0E69A32D5CF9C7FA11C3839BF4B082A121D07E4CC405C125B9DF6FE9CF73CB5531D12A3ABE3DD1FA9DEA5212D0B63FC96988FF5D67FB3502554F67834B3BCE841D33133EE59CA927FE10D561FB025DEA7FDB3CD6B4A4F84A5E17336CF6CF4880A707E0425C8E6F2509954EA5F180D920EF97987A9FB2C9300118E3410C66DDAAB7CE3E6A446720B5A532BC0C0F2C50614AE3035D32EC79B8F8CDC63CBA2115788A10B318CD4526F0A6AE25032679DBC683DA35608369010B1A3FF2BB2B0B5187456B474784E82CBF86FA2D5F0F70D7E7C0BCB1226F9B0475C290AFB96253150A71E4AF4A7606D9B835CDE65812EDB438AEF548A636272D8486E8156B53148B7BB4BDC0D01CB60592CF803B0D5EF7113358FF7D21EFB2A3F5E26AAF27AE3BCF6177D6B920FCDCF0EEA3FF963BA9A02464BD0E466CC4A18A4CD5791EAB1DB9A3FF818C3EE7E2C7DC60434E739B4B4C693161EEE6EA38C1FD2CA511E1FDFF17A00085FA1751A4D47D69B9C0A6018BC2D4954EFCC5707B92470F21D6212FCB548840E32D520F4137C098630860D8E8029EB462F60254464C3CFE2FC9F58C3C89F5BCC7395F4412F9ADCB4E12DF4792B54E0206D21125809046C08D8AFF68EF86F6F0A4AF6E32229E8DC46CD804612F0FFA2CD938DCCC6DD5749E1BB634F92F6E4F0DC9682864EB1072E887B2116FA4E8AC3CD8B9BFFE5D59743DD09B932DD134EABA725480F77DC9022305DE4747024EAB39280D79AC370','stripes-1','2026-11-30 01:20:18.982873',3);
INSERT INTO "recognition_reference" VALUES('7314d6f41d1e43c2ba98c9c6f1082ee0','references/7314d6f4-1d1e-43c2-ba98-c9c6f1082ee0.sealed',X'017FFFD2CA18C56225D32F4BD2FD6520F18BD3ADCF0A292280F90D6C0C944B2253A66E2A4930D6360D9FD7B26694F36AE1EA8238A2EC827B7BE373DA4CC18B0BC5DF41488CB9C77AA91300FCD28D9EC44E6CE84DBFAD633C9F6B0BE6DD7CB5B3F07C63A27B0857AF30B79ED33A1BB74D8C0EF972D20931F932D44A958A1B6A8029E855337DD944E25BFC00DA005A6847B3D20520EBAFEF0DFA3DBBE6CC2556C16FF66023B2EFE70E49016B60D28CE274BA91F8A46B0EAE8745F1C8CB6B542556FF37DEB99EBEEFF29B50F1793A00256C7BA2FCCE6E7CB30D2B9A659386C7F83236E3D71173475F4F963A850ED7072B75D73A2C7ADCA591358FF41DB357B7123A31766F98084306F01192BCA02650B4B6A758BA165FBF1EDA16DD92B61C5CE1342908D63817A4A685B0B1AB0BE31684B1243851ED0D6AF00A892C60BFDDDCA47869B4A2D49AADC7F004ED9A653EE8E29001AB14C67C7138A52C1EEA95B891AB8D18D2DB5595317E961646D6348010EAD1FDE36E1204567987C1CA9622B2F9898053CA72403D551B68790A9F71A99DA6E7FE9A72E99AFE68EF023563D46E3D587D68C48D50D17AE3EBE61D398962C41CC58EBABB54BD1ECDB032EA7B049E9D56BCE5C492F124F03F60DC24208F1819301508DC199263647621E9DFEF7BE47F3CDA9A0064EC7BDE7CE923191091444B1372E79D61AE6569D52EA297867C4ACA0F42B7F5FC8A221129B230D96B486082C6FE9F17863CD1C065ED614CF15A2A8E883BA612C5FA11','stripes-1','2026-11-30 01:20:19.578057',4);
INSERT INTO "recognition_reference" VALUES('f9c35b49a5a44c9ebf0ca626fd68f3ca','references/f9c35b49-a5a4-4c9e-bf0c-a626fd68f3ca.sealed',X'017FFFD2CA18C56225A163BD462D184807563695D81097344DE4DBB715A22373221A35E226F361983EFBCE1D102C456988E7D2FEE3B8DC0378B4854FA3094930F3F8CB74CB30F4E2A6A2501AF4ED6236854534205D23A6CD4BECAAB227B92237D149DF4308CE7468882B9722E0AFBA162DD855CEBB936DDC23F509A1F4DD67D56A76B1F2517B5028FD4FC97C6E2C32ED9ECCB9EC080F729C1B5F8C9EB26CF875C66ADA94ED7B57582B17779013095B0F127EF06202DC54A81257AA9B4E1E2172FE619B98B9DAF0F439AB08E3FFB010A2796910E14142FD97C7252AAE0AA73E9F379CD87ECA538AF6165BF862F4DFC0C2F0AC7FCA9B1D4FF06E7FB893732540B3DE5DC8816007FB07DDA1698E204E538D7FA304D70D836AB1CFD6BFAD38BA396765027A815BF04B51A3D7AC0968545AED060A2E5A93614BC914A1034C66D435A7C8586B8626B1B2632F2CAA3D44AFDC9699BC6E62B3EBF03FA97585D175FA94239D81DB11A4624D14BF46025E11CBD977DB71F48F2883801D6D9698F2A09D240C71108EF668AD1D51A61D128177AC8077ACE2AF5CCC00E64EDBD07B81B0DCB64E06D941FB039A48D358D0576C2DEFB01729DC7DDB888B442ECF98FDA4ADFA8EF253D689EA40712262AF7D1E2162813076935F65AAADA687C7069A81AEF2BABE1A300B4A8FD9959E28242F7DA68F47F244CA76FB33CB8915766576697682BB1FBA4F0EC0424D28A872BA56A46B7B84545FAF784CA1BDF7F0B519AAE6BD5600E954290A1EBF93','stripes-1','2026-11-30 01:20:19.594506',5);
INSERT INTO "recognition_reference" VALUES('231044c75d2b436fb710e150dcc4799a','references/231044c7-5d2b-436f-b710-e150dcc4799a.sealed',X'017FFFD2CA18C56225A7A24451CD8AEDE31CB791E349FC8E4E88B61145E5659097E41B342DFCB6B22DB29603FD7A4D6F52F32D3F445054B314AA187B6D0B4BF401F612214D5C329C53FD6DCF7757FD6FF5318B1BF5D9AFD6DC4B71229741D00A1AD0F36BFA163DF820C2B585111F5268169DB23139298B16AF5EB15C2E1304F8ABD9F13A648C1AB3B38763FA047531ABFE3A195FDED14D19F66C63285499215DA37D128F64665B7D2FCA841E0611F12F55CADE958C5DD881A46AC1949437CFCA9E575B2247C973F752834DCB651C0139455EADECBCD31C63D45D4D2F6A77FF14052B15AB4477982C8B3918ED8C16E011A7B3F5C2F3763B20980C0B5356E9264C50AC2EB960858743DF0B2471C7E9AA7CF7F05FF0E8DDD62C74431E2348B7DA01EACCF94DCED5C811C49301EC5FA8220DE638770C676DDC28F07B0583AC7F19A6C9DEA17195AC087E0DCE2AD0C0E93E708933F137E91515A385396A85453F0B2EAFEB038F4EDC1B2396C0D9D18C4EABD105D550103C8E5C80A7A66DB64A9636A60FC2D2C3CF45D1EA16D69D24B26EAA152B6F531DB058306E4E0EC4DA6FF9F01CFFDDEEFEFF78642F7F18F9ADA2B13ED1C28254A6759D347D30B843698EDE2DAD199CBDF702F427AFDDA79598AFCFC5FCA2332591907080735B4054A956BEEF5D84DC77653AF2CBE36B3CA7BC0C9D6D4C2A008B64EB007A1D0BD180C359529A7FFEED84136F01FE1ABACCD4EF676DF7961E421564846FCCCFAF213F838EFA8382499CF80F11','stripes-1','2026-11-30 01:20:19.599664',6);
INSERT INTO "recognition_reference" VALUES('3b55c8325e2f435eb89c24b2807ea9af','references/3b55c832-5e2f-435e-b89c-24b2807ea9af.sealed',X'017FFFD2CA18C5622572C4B621DB0DD2BAA959378673EEC9A2B1CCBF2377750E8A3A47BB5C450EAF12483F0B2F5E4C5E83F1B8B62513ACCCA5E0D18F3060433C8399E001BDFA21CEFC1F22044A6018D2EEF59157D8DA81A1A5DBDD07A57E2CF1FA9CA2A5CBB0871B955E65DB081444E9DD218FD74C1B475EFF84543057130FA91B11B077BC242382B9D69C64B0D2C71777AE8B7C71A7E37AB0EFCD65F4AE16B89E3B4E5D822C06DB4AA313BC340751FE9348D2E1E574D3971293F7BBB0236D5F4921B838B5265CDA424260C212A450FEDB763359BC7A18767FB1857E6AFFF033428F8AF2DF0235C63D6E22E1B1A5D1370F03BDD413CD23A8EC7A6A40C7A26D3EE255A9626F010F0A8732EE18CBC632DABE864DDBC6C24308156DFB8D136E4D1F4BA32687B9F09739023A44D20B469B2925CF346F4C8EBAD6B8C80FFBA8F65E3AF7F085FA81CB4FB952D9E4096A198EC6FB70AE03FBB6890ADDD227FA596B974B0EB729E124FD9F83D774D64CCB28AEB0FB5796025F76546B16F86FF719B9395DC74B3D4170A268E10741F8137F61CAC1DDEEC9C8E201B56A4B2B33AD42244950019C3D88CE7D0847D95DB95E23E5F817B45D36E5547AF6B7F0168312CF037F5605DFF801640CF94E06B862A8DE0378E8ECA7D7588201886FB54F073721143FD28AB259D0FDFF326B419A54281BD465ED293DC64C2C95B3AC564C572E6F9746A8C6DBF017DD23D18153FCCEB56C51787C3117C5DBA71AC7550CBD270209B638C76C09CD1212','stripes-1','2026-11-30 01:20:19.604660',7);
INSERT INTO "recognition_reference" VALUES('dd80cbe6640b4c8d8dc8ffe431e6dffb','references/dd80cbe6-640b-4c8d-8dc8-ffe431e6dffb.sealed',X'017FFFD2CA18C56225D7F9AD2D243607B1B3000D6424FC13AF698188097CAE90F283BA193DD975A94DCE6867AC66CF39DA0061375331A4507DA274947411C991764B12E8E2CA91CF5E1B847F48379BE27AD1D794D8F6632A4B4B4AE10F99DDCBFC087F3F3603562A73A33D8E67AF76D7986437B573594B765E26FA196544047FDD8F8645CE81DCF323D510C5203A84DAE2EB45E70DA27CCBCC7DB4F0D81F4616A85F2E2C4D57A6A81F56062FC6613E66CED2FB37DEBDE63B473FC045FE291EC6E3D9F6852D77C0C44A2D8A898191BCC9E54B83302E224076103C53095D91F537D3171A80EBA62D65F1DF17A5406F8E647AB0A2E3B791D59DEC970F185C734F0357ADDC37913D38F39EB1322DA88079E3A3EF8ACA69DDFE8EEDD9A4BCAD40130CA5E5C0C821B1167836413182F45C3DA9CE71958FDA3F27DA437F126BDC79A9E713C058375306E0EA895EDA2330413F174CAD94482532563A3F0E61298081FB72AC536BEC32E673BF9B0004E1124C17860176C7D7F3B6049797141A82F062FB78AA8F63F783691DDE43B2842FF4F73D9EC141FFC456FD620B58C296468DEF2E575231B7D19D56708A40CA35F84E0FF5B85BEDD13B168C6226E524E675F8C9B2D070AB9289D258DE78D6130CFDF2606EB35FFCAB2C765560651E7EEACDE58D08BBF6F08E721DF93A14E8A28BF08F7D6E6A0D21C8CBE99C400945691B078B1A5409434596159D3848640A6FC753EA730C51B46828C98C8A7582F1E6250ECEE86EC6E57D6B1C09','stripes-1','2026-11-30 01:20:19.869830',10);
INSERT INTO "recognition_reference" VALUES('4b4107a4fc334ed2b35e07bfb4efd192','references/4b4107a4-fc33-4ed2-b35e-07bfb4efd192.sealed',X'017FFFD2CA18C562255F8E6A0B06144F473114416A2147F475AB3EE44060DD636F70AC448AE67E81DA3C2BFB01ABADAA2766A5E2C09795CB73D5E26F5BAC0A824E658A95858B58570678C1C0365343441DE99EA833B5619B3014EABE3894FDD9113F2DC9768DF5B081B63AF0A28EFBB728ADB4E55200637CC3058BD77747F47A4F8938B540AB7B4543323B646FEDE0106D7C5D1D785BB4E9F356E91DDE7E6A4182CB7B225BC81D8C78A0B44CF0D22E38E448A139AEB0CA1DEC1978EE978FB31B2AC50806EA81EDD12681A02AC3648C1F2F247BBA40E2E1D88948814BC03DBF6996EC86E853DB4C8E5684412C9B2486B74E509C39F5F62FE2567A6E6068658C961B77AD236A1F28A37372AF9F784B6288ED17181F0F952DAF59C875E373D6AEF67DD237610389DC064451C6D0A2551C35196E5803DFEF5A16A9F10625799D76DB13EB6E437335E4D20BCD080D1C82B9B67A8527BF0D5D558DB5BA0622F02A981FC5E3AF5FB7734900ADBFD58D45DD94462A1D6230F3CBE22795EFEBEA6C49A41CA2E024E461A05EAE61CDCFFD80264BDC793B8AF5BCA5DE290D4E5F662040482F403DCF9A11F98A0CE495271710071CAB173A663CE86FF5705BFE38B049EFCCF28B22B901EDB9C04E06F3BD0B932FAE3A9324576F1F74FF4A6C0ADBD77440DB53A96A49227C99E74579FE037B9E90F6847B1D0D61AA36A05EB2B5C36046F631633CAFCD301100EE5E3352883F3C18D6C34C21484E32F696E4520BB4D54CEE503E00BBE354D1','stripes-1','2026-11-30 01:20:19.876575',11);
CREATE TABLE "recognition_referenceadmission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "admitted_at" datetime NOT NULL, "reference_id" char(32) NOT NULL REFERENCES "recognition_reference" ("id") DEFERRABLE INITIALLY DEFERRED, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_admission_per_reference" UNIQUE ("registration_id", "reference_id"));
INSERT INTO "recognition_referenceadmission" VALUES(1,'2026-11-30 01:20:18.968554','07451b9451354202877817692abd7e88',1);
INSERT INTO "recognition_referenceadmission" VALUES(2,'2026-11-30 01:20:18.992737','9a015fdb6f794f8d9bed433f835558df',2);
INSERT INTO "recognition_referenceadmission" VALUES(3,'2026-11-30 01:20:19.828980','231044c75d2b436fb710e150dcc4799a',4);
CREATE TABLE "recognition_sorting" ("queued_at" datetime NULL, "claim" char(32) NULL, "claimed_until" datetime NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "errors" smallint unsigned NOT NULL CHECK ("errors" >= 0), "event_id" char(32) NOT NULL PRIMARY KEY REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "requested" integer unsigned NOT NULL CHECK ("requested" >= 0), "done" integer unsigned NOT NULL CHECK ("done" >= 0), "sorted_at" datetime NULL, "failure" varchar(300) NOT NULL);
INSERT INTO "recognition_sorting" VALUES(NULL,NULL,NULL,0,0,'44d5a8b0588d4f5d8d868f83c141732f',12,12,'2026-11-30 01:20:19.916572','');
CREATE TABLE "retention_erasurereceipt" ("id" char(32) NOT NULL PRIMARY KEY, "kind" varchar(20) NOT NULL, "erased_at" datetime NOT NULL, "counts" text NOT NULL CHECK ((JSON_VALID("counts") OR "counts" IS NULL)));
INSERT INTO "retention_erasurereceipt" VALUES('e793ab3d54b54b519de7ce1743b8b901','withdrawal','2026-11-30 01:20:19.865309','{"references": 1, "matches": 0, "faces": 0}');
CREATE TABLE "storage_pendingdeletion" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "key" varchar(255) NOT NULL UNIQUE, "due" datetime NOT NULL);
INSERT INTO "storage_pendingdeletion" VALUES(22,'references/4e5eed5d-3648-43d0-9013-5c5e2a202ae7.sealed','2026-11-30 01:20:19.865062');
CREATE TABLE "usersessions_usersession" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created_at" datetime NOT NULL, "ip" char(39) NOT NULL, "last_seen_at" datetime NOT NULL, "session_key" varchar(40) NOT NULL UNIQUE, "user_agent" varchar(200) NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE INDEX "accounts_codeattempts_made_at_8b7689c4" ON "accounts_codeattempts" ("made_at");
CREATE INDEX "accounts_user_email_b2644a56" ON "accounts_user" ("email");
CREATE UNIQUE INDEX "accounts_user_groups_user_id_group_id_59c0b32f_uniq" ON "accounts_user_groups" ("user_id", "group_id");
CREATE INDEX "accounts_user_groups_user_id_52b62117" ON "accounts_user_groups" ("user_id");
CREATE INDEX "accounts_user_groups_group_id_bd11a704" ON "accounts_user_groups" ("group_id");
CREATE UNIQUE INDEX "accounts_user_user_permissions_user_id_permission_id_2ab516c2_uniq" ON "accounts_user_user_permissions" ("user_id", "permission_id");
CREATE INDEX "accounts_user_user_permissions_user_id_e4f0a161" ON "accounts_user_user_permissions" ("user_id");
CREATE INDEX "accounts_user_user_permissions_permission_id_113bb443" ON "accounts_user_user_permissions" ("permission_id");
CREATE UNIQUE INDEX "one_consent_in_force" ON "accounts_consent" ("user_id") WHERE "withdrawn_at" IS NULL;
CREATE INDEX "accounts_consent_user_id_81cd791f" ON "accounts_consent" ("user_id");
CREATE INDEX "account_emailconfirmation_email_address_id_5b7f8c58" ON "account_emailconfirmation" ("email_address_id");
CREATE UNIQUE INDEX "account_emailaddress_user_id_email_987c8728_uniq" ON "account_emailaddress" ("user_id", "email");
CREATE UNIQUE INDEX "unique_verified_email" ON "account_emailaddress" ("email") WHERE "verified";
CREATE INDEX "account_emailaddress_user_id_2c513194" ON "account_emailaddress" ("user_id");
CREATE INDEX "account_emailaddress_email_03be32b2" ON "account_emailaddress" ("email");
CREATE UNIQUE INDEX "unique_primary_email" ON "account_emailaddress" ("user_id", "primary") WHERE "primary";
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");
CREATE INDEX "events_event_expires_at_2e372600" ON "events_event" ("expires_at");
CREATE INDEX "events_event_creator_id_13bb3d46" ON "events_event" ("creator_id");
CREATE INDEX "events_hostmail_author_id_4d0b33d4" ON "events_hostmail" ("author_id");
CREATE INDEX "events_hostmail_event_id_d24845f0" ON "events_hostmail" ("event_id");
CREATE INDEX "events_hostmailrecipient_mail_id_2fcb3335" ON "events_hostmailrecipient" ("mail_id");
CREATE INDEX "events_hostmailrecipient_registration_id_ff8ee5ee" ON "events_hostmailrecipient" ("registration_id");
CREATE INDEX "events_invitation_event_id_24713f00" ON "events_invitation" ("event_id");
CREATE INDEX "events_cohostinvitation_user_id_cf91d5e0" ON "events_cohostinvitation" ("user_id");
CREATE INDEX "events_cohostinvitation_event_id_37eaae3c" ON "events_cohostinvitation" ("event_id");
CREATE INDEX "events_cohost_user_id_f205b8b0" ON "events_cohost" ("user_id");
CREATE INDEX "events_cohost_event_id_5e2c9e94" ON "events_cohost" ("event_id");
CREATE INDEX "events_registration_event_id_75b6f198" ON "events_registration" ("event_id");
CREATE INDEX "events_registration_user_id_2a61b516" ON "events_registration" ("user_id");
CREATE INDEX "events_guestlistaddress_event_id_e603259a" ON "events_guestlistaddress" ("event_id");
CREATE INDEX "events_inviteduser_event_id_31e34b43" ON "events_inviteduser" ("event_id");
CREATE INDEX "events_inviteduser_user_id_8069ba58" ON "events_inviteduser" ("user_id");
CREATE INDEX "events_refusal_event_id_ec4dad9d" ON "events_refusal" ("event_id");
CREATE INDEX "events_refusal_user_id_f044b6d6" ON "events_refusal" ("user_id");
CREATE INDEX "mfa_authenticator_user_id_0c3a50c0" ON "mfa_authenticator" ("user_id");
CREATE UNIQUE INDEX "unique_authenticator_type" ON "mfa_authenticator" ("user_id", "type") WHERE "type" IN ('totp', 'recovery_codes');
CREATE INDEX "notifications_mail_author_id_37499663" ON "notifications_mail" ("author_id");
CREATE INDEX "notifications_mail_event_id_3ce467a7" ON "notifications_mail" ("event_id");
CREATE INDEX "notifications_mail_user_id_1ef2c9bf" ON "notifications_mail" ("user_id");
CREATE INDEX "notificatio_status_0ec73b_idx" ON "notifications_mail" ("status", "due_at");
CREATE INDEX "photos_photo_event_id_1083e4b5" ON "photos_photo" ("event_id");
CREATE INDEX "photos_photo_uploaded_by_id_733c230f" ON "photos_photo" ("uploaded_by_id");
CREATE INDEX "photos_phot_event_i_4ad16c_idx" ON "photos_photo" ("event_id", "status");
CREATE INDEX "recognition_face_photo_id_81bea238" ON "recognition_face" ("photo_id");
CREATE INDEX "recognition_livenesschallenge_expires_at_ee38d0e2" ON "recognition_livenesschallenge" ("expires_at");
CREATE INDEX "recognition_livenesschallenge_registration_id_2be82521" ON "recognition_livenesschallenge" ("registration_id");
CREATE INDEX "recognition_reference_user_id_d5d9f7ca" ON "recognition_reference" ("user_id");
CREATE INDEX "recognition_collision_event_id_faf8f755" ON "recognition_collision" ("event_id");
CREATE INDEX "recognition_collision_newcomer_id_ffddd557" ON "recognition_collision" ("newcomer_id");
CREATE INDEX "recognition_collision_other_id_62dc75c8" ON "recognition_collision" ("other_id");
CREATE INDEX "recognition_collision_face_id_e7a343b7" ON "recognition_collision" ("face_id");
CREATE INDEX "recognition_collision_other_reference_id_0d65c587" ON "recognition_collision" ("other_reference_id");
CREATE INDEX "recognition_collision_reference_id_a63fa7d2" ON "recognition_collision" ("reference_id");
CREATE INDEX "recognition_anchor_image_key_419fe62c" ON "recognition_anchor" ("image_key");
CREATE INDEX "recognition_anchor_event_id_583eb88f" ON "recognition_anchor" ("event_id");
CREATE INDEX "recognition_anchor_user_id_3fc90aee" ON "recognition_anchor" ("user_id");
CREATE INDEX "recognition_manualgrant_photo_id_5cc7c38d" ON "recognition_manualgrant" ("photo_id");
CREATE INDEX "recognition_manualgrant_registration_id_61416132" ON "recognition_manualgrant" ("registration_id");
CREATE INDEX "recognition_match_face_id_a78d2a5f" ON "recognition_match" ("face_id");
CREATE INDEX "recognition_match_registration_id_21100cd4" ON "recognition_match" ("registration_id");
CREATE INDEX "recognition_matchedface_face_id_78fdd551" ON "recognition_matchedface" ("face_id");
CREATE INDEX "recognition_matchedface_user_id_f2d47e42" ON "recognition_matchedface" ("user_id");
CREATE INDEX "recognition_passedlivenesscheck_registration_id_38175fda" ON "recognition_passedlivenesscheck" ("registration_id");
CREATE INDEX "recognition_passedlivenesscheck_reference_id_b5d90b10" ON "recognition_passedlivenesscheck" ("reference_id");
CREATE INDEX "recognition_referenceadmission_reference_id_f3c5fec9" ON "recognition_referenceadmission" ("reference_id");
CREATE INDEX "recognition_referenceadmission_registration_id_5a592cd3" ON "recognition_referenceadmission" ("registration_id");
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
CREATE INDEX "storage_pendingdeletion_due_0c4fb9b5" ON "storage_pendingdeletion" ("due");
CREATE INDEX "usersessions_usersession_user_id_af5e0a6d" ON "usersessions_usersession" ("user_id");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('django_migrations',40);
INSERT INTO "sqlite_sequence" VALUES('django_content_type',42);
INSERT INTO "sqlite_sequence" VALUES('auth_permission',168);
INSERT INTO "sqlite_sequence" VALUES('auth_group',0);
INSERT INTO "sqlite_sequence" VALUES('account_emailaddress',11);
INSERT INTO "sqlite_sequence" VALUES('django_admin_log',0);
INSERT INTO "sqlite_sequence" VALUES('events_registration',6);
INSERT INTO "sqlite_sequence" VALUES('events_guestlistaddress',0);
INSERT INTO "sqlite_sequence" VALUES('events_inviteduser',0);
INSERT INTO "sqlite_sequence" VALUES('events_refusal',0);
INSERT INTO "sqlite_sequence" VALUES('mfa_authenticator',0);
INSERT INTO "sqlite_sequence" VALUES('accounts_user',11);
INSERT INTO "sqlite_sequence" VALUES('storage_pendingdeletion',24);
INSERT INTO "sqlite_sequence" VALUES('accounts_consent',10);
INSERT INTO "sqlite_sequence" VALUES('recognition_referenceadmission',5);
INSERT INTO "sqlite_sequence" VALUES('recognition_face',6);
INSERT INTO "sqlite_sequence" VALUES('recognition_match',5);
INSERT INTO "sqlite_sequence" VALUES('recognition_matchedface',4);
INSERT INTO "sqlite_sequence" VALUES('recognition_collision',1);
INSERT INTO "sqlite_sequence" VALUES('events_cohostinvitation',2);
INSERT INTO "sqlite_sequence" VALUES('events_cohost',1);
COMMIT;
