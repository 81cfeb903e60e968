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
INSERT INTO "accounts_consent" VALUES(1,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:05.871807',NULL,1);
INSERT INTO "accounts_consent" VALUES(2,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:05.902228',NULL,2);
INSERT INTO "accounts_consent" VALUES(3,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:05.918712',NULL,3);
INSERT INTO "accounts_consent" VALUES(4,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:06.912692',NULL,4);
INSERT INTO "accounts_consent" VALUES(5,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:06.952229',NULL,5);
INSERT INTO "accounts_consent" VALUES(6,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:06.964471',NULL,6);
INSERT INTO "accounts_consent" VALUES(7,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:06.976353',NULL,7);
INSERT INTO "accounts_consent" VALUES(8,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:06.992220','2026-11-29 23:57:07.178394',8);
INSERT INTO "accounts_consent" VALUES(9,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:07.229645',NULL,10);
INSERT INTO "accounts_consent" VALUES(10,'2027-02','I agree that my face is recognized, so that PicProcure can find me in the photos of the events I register for.

What is stored: Up to five photos of your face, cut close around it, and 128 numbers computed from each. When you register for an event, the same kind of numbers is computed for each face in its photos and compared with yours. Each event also keeps the first photo you were admitted with, and its numbers, and compares your later photos with it, so that your account can''t be used to collect another person''s photos. All of this is encrypted. Nothing is sent to anybody else, and nothing is used to train anything.

Who sees it: The hosts of an event you register for, that is its creator and the co-hosts they chose, see your name and these photos. Nobody ever sees the numbers.

For how long: Your photos and their numbers: until you replace or delete them, withdraw, or delete your account. The first photo you were admitted to an event with, and its numbers: until you withdraw, delete your account, or the event ends, even if you replace or delete it before, or leave the event. The numbers of an event''s faces: until the event ends.

How to withdraw: On your profile, at any time, with one button. Your photos, their numbers, those that events keep, the numbers of the event faces that were matched with you, and every link between you and a photo are then deleted at once. Your account stays.','2026-11-29 23:57:07.249259',NULL,11);
CREATE TABLE "accounts_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "is_staff" bool NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL, "email" varchar(254) NOT NULL, "first_name" varchar(80) NOT NULL, "last_name" varchar(80) NOT NULL, "time_zone" varchar(64) NOT NULL, "notify_photos" bool NOT NULL, "notify_hosts" bool NOT NULL, "notify_people" bool NOT NULL);
INSERT INTO "accounts_user" VALUES(1,'md5$Tsn4rQ84kc6TxGqPar2dFi$9cbc9f570a18bb3093161221f9a2fbda',NULL,0,'alice',0,1,'2026-11-29 23:57:05.817588','alice@example.org','Alice','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(2,'md5$tI3NYwYhcSAmLKz2vQqpFo$b9b5034020fef34aede6c1617fca3a4b',NULL,0,'bob',0,1,'2026-11-29 23:57:05.890336','bob@example.org','Bob','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(3,'md5$3KRNDyFfBDR24kMM4wJh7S$d69cd6c96464ad1aa9b6ccc31ee1c867',NULL,0,'charlie',0,1,'2026-11-29 23:57:05.903266','charlie@example.org','Charlie','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(4,'md5$bxeKg7qkUKyHgqdqERvilN$ce7813861931f676e50441cef65910b6',NULL,0,'mallory',0,1,'2026-11-29 23:57:06.900795','mallory@example.org','Mallory','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(5,'md5$klmSvfjEE0fSN04a1Y0pto$39e7b4769f7a6a62a5499ffa6eea554e',NULL,0,'pending',0,1,'2026-11-29 23:57:06.914386','pending@example.org','Pending','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(6,'md5$OqBb6WLCFn6U46eNvOrX5w$0d275da45008435f4baa0a440adc07d8',NULL,0,'held',0,1,'2026-11-29 23:57:06.953572','held@example.org','Held','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(7,'md5$480Xx6REo5rUWQFTq4Ck5n$2e168ed275db67724eafd9281835163a',NULL,0,'blocked',0,1,'2026-11-29 23:57:06.965511','blocked@example.org','Blocked','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(8,'md5$Eau10B2zGdFPqru5Utsban$1a43a934f2c7758c5c984ef4ee0a3128',NULL,0,'withdrawn',0,1,'2026-11-29 23:57:06.977373','withdrawn@example.org','Withdrawn','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(9,'md5$Um7nEydqKXAmKqkFDb3BTV$8a53fca0750ca43cc89e224504d73edb',NULL,0,'operator',1,1,'2026-11-29 23:57:07.217588','operator@example.org','Operator','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(10,'md5$8CO5wcdJK7UNHXLLvCUBW4$afe070234b2c340c669ab0d0bb6f4839',NULL,0,'co_host',0,1,'2026-11-29 23:57:07.218817','co_host@example.org','Co_Host','Example','',1,1,1);
INSERT INTO "accounts_user" VALUES(11,'md5$OxPMfhpTRAMp15Mo6NMIyD$66d8de011ba95593c9d032130a291d60',NULL,0,'invited',0,1,'2026-11-29 23:57:07.230581','invited@example.org','Invited','Example','',1,1,1);
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
INSERT INTO "django_migrations" VALUES(1,'contenttypes','0001_initial','2026-11-29 23:57:03.176369');
INSERT INTO "django_migrations" VALUES(2,'contenttypes','0002_remove_content_type_name','2026-11-29 23:57:03.178997');
INSERT INTO "django_migrations" VALUES(3,'auth','0001_initial','2026-11-29 23:57:03.200104');
INSERT INTO "django_migrations" VALUES(4,'auth','0002_alter_permission_name_max_length','2026-11-29 23:57:03.215779');
INSERT INTO "django_migrations" VALUES(5,'auth','0003_alter_user_email_max_length','2026-11-29 23:57:03.218977');
INSERT INTO "django_migrations" VALUES(6,'auth','0004_alter_user_username_opts','2026-11-29 23:57:03.451054');
INSERT INTO "django_migrations" VALUES(7,'auth','0005_alter_user_last_login_null','2026-11-29 23:57:03.458051');
INSERT INTO "django_migrations" VALUES(8,'auth','0006_require_contenttypes_0002','2026-11-29 23:57:03.458422');
INSERT INTO "django_migrations" VALUES(9,'auth','0007_alter_validators_add_error_messages','2026-11-29 23:57:03.477603');
INSERT INTO "django_migrations" VALUES(10,'auth','0008_alter_user_username_max_length','2026-11-29 23:57:03.497518');
INSERT INTO "django_migrations" VALUES(11,'auth','0009_alter_user_last_name_max_length','2026-11-29 23:57:03.501261');
INSERT INTO "django_migrations" VALUES(12,'auth','0010_alter_group_name_max_length','2026-11-29 23:57:03.507969');
INSERT INTO "django_migrations" VALUES(13,'auth','0011_update_proxy_permissions','2026-11-29 23:57:03.509876');
INSERT INTO "django_migrations" VALUES(14,'auth','0012_alter_user_first_name_max_length','2026-11-29 23:57:03.519790');
INSERT INTO "django_migrations" VALUES(15,'accounts','0001_initial','2026-11-29 23:57:03.556183');
INSERT INTO "django_migrations" VALUES(16,'account','0001_initial','2026-11-29 23:57:03.578128');
INSERT INTO "django_migrations" VALUES(17,'account','0002_email_max_length','2026-11-29 23:57:03.586743');
INSERT INTO "django_migrations" VALUES(18,'account','0003_alter_emailaddress_create_unique_verified_email','2026-11-29 23:57:03.627704');
INSERT INTO "django_migrations" VALUES(19,'account','0004_alter_emailaddress_drop_unique_email','2026-11-29 23:57:03.665758');
INSERT INTO "django_migrations" VALUES(20,'account','0005_emailaddress_idx_upper_email','2026-11-29 23:57:03.678248');
INSERT INTO "django_migrations" VALUES(21,'account','0006_emailaddress_lower','2026-11-29 23:57:03.687026');
INSERT INTO "django_migrations" VALUES(22,'account','0007_emailaddress_idx_email','2026-11-29 23:57:03.721185');
INSERT INTO "django_migrations" VALUES(23,'account','0008_emailaddress_unique_primary_email_fixup','2026-11-29 23:57:03.752258');
INSERT INTO "django_migrations" VALUES(24,'account','0009_emailaddress_unique_primary_email','2026-11-29 23:57:03.764059');
INSERT INTO "django_migrations" VALUES(25,'admin','0001_initial','2026-11-29 23:57:03.778991');
INSERT INTO "django_migrations" VALUES(26,'admin','0002_logentry_remove_auto_add','2026-11-29 23:57:03.809359');
INSERT INTO "django_migrations" VALUES(27,'admin','0003_logentry_add_action_flag_choices','2026-11-29 23:57:03.821432');
INSERT INTO "django_migrations" VALUES(28,'events','0001_initial','2026-11-29 23:57:04.312616');
INSERT INTO "django_migrations" VALUES(29,'galleries','0001_initial','2026-11-29 23:57:04.343285');
INSERT INTO "django_migrations" VALUES(30,'mfa','0001_initial','2026-11-29 23:57:04.400499');
INSERT INTO "django_migrations" VALUES(31,'mfa','0002_authenticator_timestamps','2026-11-29 23:57:04.456219');
INSERT INTO "django_migrations" VALUES(32,'mfa','0003_authenticator_type_uniq','2026-11-29 23:57:04.576071');
INSERT INTO "django_migrations" VALUES(33,'notifications','0001_initial','2026-11-29 23:57:04.637294');
INSERT INTO "django_migrations" VALUES(34,'photos','0001_initial','2026-11-29 23:57:04.690045');
INSERT INTO "django_migrations" VALUES(35,'pipeline','0001_initial','2026-11-29 23:57:04.691077');
INSERT INTO "django_migrations" VALUES(36,'recognition','0001_initial','2026-11-29 23:57:05.602874');
INSERT INTO "django_migrations" VALUES(37,'retention','0001_initial','2026-11-29 23:57:05.624503');
INSERT INTO "django_migrations" VALUES(38,'sessions','0001_initial','2026-11-29 23:57:05.626142');
INSERT INTO "django_migrations" VALUES(39,'storage','0001_initial','2026-11-29 23:57:05.627119');
INSERT INTO "django_migrations" VALUES(40,'usersessions','0001_initial','2026-11-29 23:57:05.689613');
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE TABLE "events_cohost" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "added_at" datetime NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "co_host_once" UNIQUE ("event_id", "user_id"));
INSERT INTO "events_cohost" VALUES(1,'2026-11-29 23:57:07.284526',10,'a4ad8947eecf4ff4940d0f8b4362b648');
CREATE TABLE "events_cohostinvitation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "invitee" varchar(254) NOT NULL, "invited_at" datetime NOT NULL, "announced_at" datetime NULL, "answered_at" datetime NULL, "declined_at" datetime NULL, "settled_at" datetime NULL, "user_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_co_host_invitation_per_invitee" UNIQUE ("event_id", "invitee"));
INSERT INTO "events_cohostinvitation" VALUES(1,'co_host','2026-11-29 23:57:07.259650','2026-11-29 23:57:07.285731','2026-11-29 23:57:07.285457',NULL,'2026-11-29 23:57:07.284890',10,'a4ad8947eecf4ff4940d0f8b4362b648');
INSERT INTO "events_cohostinvitation" VALUES(2,'invited','2026-11-29 23:57:07.261151','2026-11-29 23:57:07.285731',NULL,NULL,NULL,11,'a4ad8947eecf4ff4940d0f8b4362b648');
CREATE TABLE "events_event" ("id" char(32) NOT NULL PRIMARY KEY, "name" varchar(80) NOT NULL, "description" text NOT NULL, "place" varchar(120) NOT NULL, "takes_place_on" date NULL, "cover_key" varchar(255) NOT NULL, "is_listed" bool NOT NULL, "created_at" datetime NOT NULL, "registration_closes_at" datetime NOT NULL, "allows_late_registration" bool NOT NULL, "availability_hours" integer unsigned NOT NULL CHECK ("availability_hours" >= 0), "requires_approval" bool NOT NULL, "liveness_check" varchar(10) NOT NULL, "keeps_metadata" bool NOT NULL, "keeps_time" bool NOT NULL, "time_zone" varchar(64) NOT NULL, "is_published" bool NOT NULL, "expires_at" datetime NOT NULL, "faces_expire_at" datetime NULL, "people_announced_at" datetime NULL, "creator_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "events_event" VALUES('a4ad8947eecf4ff4940d0f8b4362b648','Alice''s garden party','Under the old oak.','',NULL,'events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/covers/b55d459d-0f0d-4712-9609-17518a5e8b38.jpg',1,'2026-11-29 23:57:05.889596','2026-11-29 23:57:07.285806',0,48,1,'off',0,1,'',0,'2026-12-13 23:57:07.285806','2026-12-01 23:57:06.843216',NULL,1);
CREATE TABLE "events_eventconsent" ("registration_id" bigint NOT NULL PRIMARY KEY REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, "version" varchar(20) NOT NULL, "text" text NOT NULL, "given_at" datetime NOT NULL, "withdrawn_at" datetime NULL);
INSERT INTO "events_eventconsent" VALUES(1,'event-2027-02','I agree that I am looked for in the photos of this event.

What is done: The numbers of your face are compared with those of every face in the event''s photos, and with those of the other people who take part. The event keeps the first photo you are admitted with, and its numbers: photos you add later are used here only if they show the same face.

Who sees it: The hosts of the event, that is its creator and the co-hosts they choose, see your name and all photos of your face, and decide whether you are admitted. If one of them is very much like a photo that somebody else takes part with, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw, or the event ends. The first photo you were admitted with, and its numbers: until you withdraw, delete your account, or the event ends.','2026-11-29 23:57:05.935793',NULL);
INSERT INTO "events_eventconsent" VALUES(2,'event-2027-02','I agree that I am looked for in the photos of this event.

What is done: The numbers of your face are compared with those of every face in the event''s photos, and with those of the other people who take part. The event keeps the first photo you are admitted with, and its numbers: photos you add later are used here only if they show the same face.

Who sees it: The hosts of the event, that is its creator and the co-hosts they choose, see your name and all photos of your face, and decide whether you are admitted. If one of them is very much like a photo that somebody else takes part with, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw, or the event ends. The first photo you were admitted with, and its numbers: until you withdraw, delete your account, or the event ends.','2026-11-29 23:57:05.976140',NULL);
INSERT INTO "events_eventconsent" VALUES(3,'event-2027-02','I agree that I am looked for in the photos of this event.

What is done: The numbers of your face are compared with those of every face in the event''s photos, and with those of the other people who take part. The event keeps the first photo you are admitted with, and its numbers: photos you add later are used here only if they show the same face.

Who sees it: The hosts of the event, that is its creator and the co-hosts they choose, see your name and all photos of your face, and decide whether you are admitted. If one of them is very much like a photo that somebody else takes part with, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw, or the event ends. The first photo you were admitted with, and its numbers: until you withdraw, delete your account, or the event ends.','2026-11-29 23:57:07.021201',NULL);
INSERT INTO "events_eventconsent" VALUES(4,'event-2027-02','I agree that I am looked for in the photos of this event.

What is done: The numbers of your face are compared with those of every face in the event''s photos, and with those of the other people who take part. The event keeps the first photo you are admitted with, and its numbers: photos you add later are used here only if they show the same face.

Who sees it: The hosts of the event, that is its creator and the co-hosts they choose, see your name and all photos of your face, and decide whether you are admitted. If one of them is very much like a photo that somebody else takes part with, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw, or the event ends. The first photo you were admitted with, and its numbers: until you withdraw, delete your account, or the event ends.','2026-11-29 23:57:07.044653',NULL);
INSERT INTO "events_eventconsent" VALUES(5,'event-2027-02','I agree that I am looked for in the photos of this event.

What is done: The numbers of your face are compared with those of every face in the event''s photos, and with those of the other people who take part. The event keeps the first photo you are admitted with, and its numbers: photos you add later are used here only if they show the same face.

Who sees it: The hosts of the event, that is its creator and the co-hosts they choose, see your name and all photos of your face, and decide whether you are admitted. If one of them is very much like a photo that somebody else takes part with, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw, or the event ends. The first photo you were admitted with, and its numbers: until you withdraw, delete your account, or the event ends.','2026-11-29 23:57:07.093269',NULL);
INSERT INTO "events_eventconsent" VALUES(6,'event-2027-02','I agree that I am looked for in the photos of this event.

What is done: The numbers of your face are compared with those of every face in the event''s photos, and with those of the other people who take part. The event keeps the first photo you are admitted with, and its numbers: photos you add later are used here only if they show the same face.

Who sees it: The hosts of the event, that is its creator and the co-hosts they choose, see your name and all photos of your face, and decide whether you are admitted. If one of them is very much like a photo that somebody else takes part with, or is a copy of a photo of the event, the hosts see both side by side and decide whose face it is.

For how long: Until you leave the event, withdraw, or the event ends. The first photo you were admitted with, and its numbers: until you withdraw, delete your account, or the event ends.','2026-11-29 23:57:07.145286','2026-11-29 23:57:07.178672');
CREATE TABLE "events_guestlistaddress" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "email" varchar(254) NOT NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_row_per_guest_list_address" UNIQUE ("event_id", "email"));
CREATE TABLE "events_hostmail" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "subject" varchar(120) NOT NULL, "text" text NOT NULL, "written_at" datetime NOT NULL, "author_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "events_hostmailrecipient" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "sent_at" datetime NULL, "mail_id" bigint NOT NULL REFERENCES "events_hostmail" ("id") DEFERRABLE INITIALLY DEFERRED, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "events_invitation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "token_hash" varchar(64) NOT NULL UNIQUE, "created_at" datetime NOT NULL, "expires_at" datetime NOT NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "events_inviteduser" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "followed_at" datetime NOT NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "invited_once" UNIQUE ("event_id", "user_id"));
CREATE TABLE "events_refusal" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "refused_once" UNIQUE ("event_id", "user_id"));
CREATE TABLE "events_registration" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "registered_at" datetime NOT NULL, "was_on_guest_list" bool NOT NULL, "status" varchar(10) NOT NULL, "photos_announced_at" datetime NULL, "end_announced_at" datetime NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_registration_per_person" UNIQUE ("event_id", "user_id"));
INSERT INTO "events_registration" VALUES(1,'2026-11-29 23:57:05.930680',0,'admitted',NULL,NULL,'a4ad8947eecf4ff4940d0f8b4362b648',2);
INSERT INTO "events_registration" VALUES(2,'2026-11-29 23:57:05.967110',0,'admitted',NULL,NULL,'a4ad8947eecf4ff4940d0f8b4362b648',3);
INSERT INTO "events_registration" VALUES(3,'2026-11-29 23:57:07.019471',0,'pending',NULL,NULL,'a4ad8947eecf4ff4940d0f8b4362b648',5);
INSERT INTO "events_registration" VALUES(4,'2026-11-29 23:57:07.031286',0,'admitted',NULL,NULL,'a4ad8947eecf4ff4940d0f8b4362b648',6);
INSERT INTO "events_registration" VALUES(5,'2026-11-29 23:57:07.092536',0,'blocked',NULL,NULL,'a4ad8947eecf4ff4940d0f8b4362b648',7);
INSERT INTO "events_registration" VALUES(6,'2026-11-29 23:57:07.144638',0,'admitted',NULL,NULL,'a4ad8947eecf4ff4940d0f8b4362b648',8);
CREATE TABLE "galleries_publishedgallery" ("id" char(32) NOT NULL PRIMARY KEY, "photos_digest" varchar(64) NOT NULL, "policy" char(32) NOT NULL, "open_until" datetime NULL, "filled_at" datetime NOT NULL, "registration_id" bigint NOT NULL UNIQUE REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "mfa_authenticator" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "type" varchar(20) NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "created_at" datetime NOT NULL, "last_used_at" datetime NULL);
CREATE TABLE "notifications_mail" ("queued_at" datetime NULL, "claim" char(32) NULL, "claimed_until" datetime NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "errors" smallint unsigned NOT NULL CHECK ("errors" >= 0), "id" char(32) NOT NULL PRIMARY KEY, "kind" varchar(60) NOT NULL, "urgency" smallint unsigned NOT NULL CHECK ("urgency" >= 0), "status" varchar(10) NOT NULL, "content" BLOB NULL, "written_at" datetime NOT NULL, "due_at" datetime NOT NULL, "valid_until" datetime NOT NULL, "author_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "event_id" char(32) NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "notifications_mailserver" ("queued_at" datetime NULL, "claim" char(32) NULL, "claimed_until" datetime NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "errors" smallint unsigned NOT NULL CHECK ("errors" >= 0), "id" smallint unsigned NOT NULL PRIMARY KEY CHECK ("id" >= 0));
CREATE TABLE "photos_photo" ("queued_at" datetime NULL, "claim" char(32) NULL, "claimed_until" datetime NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "errors" smallint unsigned NOT NULL CHECK ("errors" >= 0), "id" char(32) NOT NULL PRIMARY KEY, "uploaded_at" datetime NOT NULL, "taken_local" varchar(26) NOT NULL, "taken_offset_minutes" smallint NULL, "taken_at" datetime NULL, "name" varchar(120) NOT NULL, "sha256" varchar(64) NOT NULL, "content_type" varchar(20) NOT NULL, "size_bytes" bigint unsigned NOT NULL CHECK ("size_bytes" >= 0), "width" integer unsigned NOT NULL CHECK ("width" >= 0), "height" integer unsigned NOT NULL CHECK ("height" >= 0), "has_metadata" bool NOT NULL, "original_key" varchar(255) NOT NULL, "web_key" varchar(255) NOT NULL, "thumbnail_key" varchar(255) NOT NULL, "status" varchar(10) NOT NULL, "failure" varchar(300) NOT NULL, "engine_version" varchar(60) NOT NULL, "analyzed_at" datetime NULL, "released_at" datetime NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "uploaded_by_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "same_bytes_once_per_event" UNIQUE ("event_id", "sha256"));
INSERT INTO "photos_photo" VALUES(NULL,NULL,NULL,1,0,'3fafee18de324abe8ceb15db1ee9ff8a','2026-11-29 23:57:06.567111','',NULL,NULL,'bob.png','b76aea3b111613331b64457712a50a15ea6658b7b8e76603b66166590dfe76b0','image/png',163,64,64,0,'events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/3fafee18-de32-4abe-8ceb-15db1ee9ff8a/96130c73-1f32-41da-8c33-8a4eba8b8eca.png','events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/3fafee18-de32-4abe-8ceb-15db1ee9ff8a/e8c16f11-8187-418c-8fce-b5068768dbbd.jpg','events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/3fafee18-de32-4abe-8ceb-15db1ee9ff8a/fb88c396-defa-48cb-b520-83e41b8749ab.jpg','analyzed','','stripes-1','2026-11-29 23:57:06.639674','2026-11-29 23:57:06.842966','a4ad8947eecf4ff4940d0f8b4362b648',1);
INSERT INTO "photos_photo" VALUES(NULL,NULL,NULL,1,0,'29dc2afd94514f829d2a8ceb39f194ca','2026-11-29 23:57:06.589360','',NULL,NULL,'shared.png','ea8447b22150809f156be5a65ed7eda0a7029e8dc007303bdc330bb4f2dfeb60','image/png',236,128,64,0,'events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/29dc2afd-9451-4f82-9d2a-8ceb39f194ca/67347a14-d9b4-4a11-9c29-f6f77446bd81.png','events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/29dc2afd-9451-4f82-9d2a-8ceb39f194ca/2faa150a-5579-4c3a-a7de-766fe3592320.jpg','events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/29dc2afd-9451-4f82-9d2a-8ceb39f194ca/6b4f3e9a-844f-4b7d-9269-acb2334e04d0.jpg','analyzed','','stripes-1','2026-11-29 23:57:06.661266','2026-11-29 23:57:06.842966','a4ad8947eecf4ff4940d0f8b4362b648',1);
INSERT INTO "photos_photo" VALUES(NULL,NULL,NULL,1,0,'7b3c9297b4da4c099c58a33f17cbf8dd','2026-11-29 23:57:06.607050','',NULL,NULL,'strangers.png','5043a3d69d0d7bfa9624ff0ec37bdd56e4e9c79aa7d2422071d7e870017e18d6','image/png',239,128,64,0,'events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/7b3c9297-b4da-4c09-9c58-a33f17cbf8dd/86fcb09b-df28-43f6-b524-ac70ac74d7ed.png','events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/7b3c9297-b4da-4c09-9c58-a33f17cbf8dd/5024d709-c69c-4774-8a51-7690d1de7791.jpg','events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/7b3c9297-b4da-4c09-9c58-a33f17cbf8dd/708e49fb-800f-455e-9158-cea720304024.jpg','analyzed','','stripes-1','2026-11-29 23:57:06.680472','2026-11-29 23:57:06.842966','a4ad8947eecf4ff4940d0f8b4362b648',1);
INSERT INTO "photos_photo" VALUES(NULL,NULL,NULL,1,0,'3781a781e8994457819a8e65510a738b','2026-11-29 23:57:06.631110','',NULL,NULL,'doubtful.png','ffb9842c08db9f7281a958c3f3aeae4bb45e1a9b4e5fe820593c55fd0e6a8318','image/png',163,64,64,0,'events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/3781a781-e899-4457-819a-8e65510a738b/39c1ab6e-4033-4154-9c2e-82edbff882d2.png','events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/3781a781-e899-4457-819a-8e65510a738b/69242d50-f758-4d24-8f03-670e6e3ff628.jpg','events/a4ad8947-eecf-4ff4-940d-0f8b4362b648/photos/3781a781-e899-4457-819a-8e65510a738b/f52f8673-5d5a-4656-9d1e-ae16283b8ee7.jpg','analyzed','','stripes-1','2026-11-29 23:57:06.698617','2026-11-29 23:57:06.842966','a4ad8947eecf4ff4940d0f8b4362b648',1);
CREATE TABLE "pipeline_heartbeat" ("name" varchar(200) NOT NULL PRIMARY KEY, "at" datetime NOT NULL, "job" varchar(100) NOT NULL, "job_since" datetime NULL);
CREATE TABLE "recognition_anchor" ("id" char(32) NOT NULL PRIMARY KEY, "reference_id" char(32) NOT NULL, "image_key" varchar(255) NOT NULL, "embedding" BLOB NOT NULL, "engine_version" varchar(60) NOT NULL, "joined_at" datetime NOT NULL, "fixed_at" datetime NOT NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_anchor_per_person" UNIQUE ("event_id", "user_id"));
INSERT INTO "recognition_anchor" VALUES('34f758e51f274e27b82819a4aa270521','49f9a9bf6e8b4b15a6c914276a6a5941','references/49f9a9bf-6e8b-4b15-a6c9-14276a6a5941.sealed',X'017FFFD2CA18C56225E32A459297F54495A40DB0F2B403285022440E613EDD75662DC72C85E2B38A3E2C12897D776B578D01567291F67A33AD5E5AD9201FB9574D54B97341C4A3128378EB8B36B1B91F74C26F1F96E11343848C10B8993A06616648A95B14AB66CBC3EB7F9898EF9897D27523EEB995CABCEBEBB3EBD1ECFF50BC160CF5132B44F5EFD6B583BB51D963307E12D3D8E212BC5BD774DB75D2B879E8A1896728718C2F0E56228456C540F07D0B6E722F0B48CCAE516A5B7AC9F54FB151B366CA9F99ED8644DF5858EDA2C165EEEB77D75ABE3BA2F3652A5242C8195696C4F50C91E210B2AA3F51564C627ABF5E425F6FDA6637D47910912D2996CD83AE93B2703E322F5DF859BA4F18ED28B350243B1FD1F1D301A3A8AACE2A472F3CB8F0A0211F6804E176A84E86D11DB21745B3D8E2A73FA2A5B59624CDD475CF153FED3A393FB8FFD7487B7E00153EB7D96AA123D4D707E191323BC1BA1334D735EF573B2B2727508FC58D50F1B424034FD364514E9D19717A6E94D5E757377959ABC180558FF64A6A04EC040C8341D7D1A3533619035D20660B9B330617071F2FA1BBBEDE56371FC1A9630C5592980489A1FCC8FE5554639DA7EFF7D7C5F4D7EDFBD5F7A72AD01B038347B50C914051CBE7E652433953FFB9EEDD76F76B1A51203760F96DB2DD926D2C3CF7D6E6B142322F477970EFF0A522BEE4F8F76E223BD50B729A4960B64288FED363BE0B445E1AEF7C787B1E1BDD7CD45DA8CE7CEF3E4F03B5F12D','stripes-1','2026-11-29 23:57:05.935793','2026-11-29 23:57:05.965435','a4ad8947eecf4ff4940d0f8b4362b648',2);
INSERT INTO "recognition_anchor" VALUES('6338b66a278f49ce90cb66d8a1c613ec','be5314cf4fc14524a89348e718d1a50e','references/be5314cf-4fc1-4524-a893-48e718d1a50e.sealed',X'017FFFD2CA18C56225ABE4EEF2C65F120D8738C1F5F9682DA1816057CC888B102BE70709017FF40BC66B7730556F72BCDBDD1B4171D2870696BE15D7CC716C52732E5FE032111257EBE5575A35D8F169C30F4C510E8FD318EABA7B06B0F43D70219E4D17CB473B339E6C20A5CBEED088EE1196E823F00A4B4CA8CA2A8904D96D4808371217FFD7C016E9B563F6A62F83C2C8C50875DAACAAA84B9ACC4F6714EC9B348EB9BD4359E089EDAB786B9C82495B8A963D429E9D8C42850D59E29B3111272B2E00EFDC64912DBB4903E64CC37344746DFF017CC8F6D1F2D847786113E8DE009085C52C514A8C4C316544B477415602E6F71402EDD9B6FFFC28933552C8A62F8B69F745C77EBD67492EEDAD82013ACDD4170BE85A65AA12FAC3331A01D8C3197B5B5FA4B10C53257D7FA91448AA6416BC96806243DE8051A324635C96B89AAA67A853ABF4608843786B72253ED9820AEB9C378BAB2AF67CECDDC942591A56474B22EE99934745DE800FC0373B617145D30D5A8CDAC1989E69C590A0F020A67FFF675659FABD0255D765069EF706E02EA27918D93D2488BF766B4AE2FC084CD6E87BB32F6A511C4789F757139F9450602A201C32C59894D7CEC665F4CAF09972B8691919080D9F6BAA6A1744FA96A098C2AF3E3EB373A6E7A396ACC6A90C7FB191B13D1F1597D8687FABBBD85A5BC1154178F70C3A28965CF28448FDB9F61C3E08D80590E8B08AB91CFF588D55CAF7BEA6FF1C1197F47B86244560A2EFD87603E1092A','stripes-1','2026-11-29 23:57:05.976140','2026-11-29 23:57:06.001307','a4ad8947eecf4ff4940d0f8b4362b648',3);
INSERT INTO "recognition_anchor" VALUES('e02ef884f0c44558a5037158302bf73e','129cd2ab3fc645d38ec59044ffb9dcbc','references/129cd2ab-3fc6-45d3-8ec5-9044ffb9dcbc.sealed',X'017FFFD2CA18C56225C1B32931778D67AE6AE61476B6BF2B86E236D831AFE8531FF6C8AB8DA4742EC905C02AEB978304E52CC85311D85C4EEE509724D8B1C67C53669B5A9C5FC1FFC3997546C9ACF0DD73C13DE94D6DE05FC44F4A3C857D559B0DC7464985CEBDA07FB0763202E02BDFA6F1BEED1E7CC39C824935AB57510312942D8189BFB4E4EB29EB4434A01627893FE2D74A6946BB5F98D2CA15E6E1994F994517E6BE061361FD62027DE871F225132AD08990586A5BFCE6F0D6A0F7232504E47053A651EE69857B310D6344E684BDFF1B6C93D315D6FB65D2E62B4E824D98E5E814E3322E9BFD282E232CDE7D6F93967904EBE03735673A8C3057B230588A37FD1A2E4B20E65F5AC60BD259CBD28FBFE5BA7A3F55B78DBD6241EB47024596797455FE8BCAE974DE27A35DCB5174DEE7F9249093DC6D97DFA74A2DD236EBA31CE8F9237E6EB07038A7B57BB0FD15E2E400FC01B97F68E05B73CA22DC410ECA255F8385E3ACC6A95D07B9DD6BA08C7B7C4BAFE9B5EAF6B6A692E8E08F605F73D167298B9C0DCF51C806BA817B95E07D52FB8C17C5E7378A556B627781E3D1F87E23F406C7DAD089D6C253D8C25F193AF99BB4D6150EF00B32E196996E3CD37C6C0A52B29D0FBCAC78CF762A810C534D66F98ACBAEF370EBD987968E667F0C14F5182903107C00DB5E6014610415FA835DD7DB53DB73808D2459EB05D837FFC7D42C646947D704F9ACF1363960072F030FE3A9059FDF8BDBE7931E046D8F71A7B14E2402','stripes-1','2026-11-29 23:57:07.044653','2026-11-29 23:57:07.074586','a4ad8947eecf4ff4940d0f8b4362b648',6);
INSERT INTO "recognition_anchor" VALUES('3f7b04ca450a4f0fb80d4c0e32959741','7bc381f8e4d942208972f41dcba7ad43','references/7bc381f8-e4d9-4220-8972-f41dcba7ad43.sealed',X'017FFFD2CA18C562258F4FB04B67139C41DB8C40513D685463A09B29CC4EDA0FA9B6D05C91F0CF59F088234AD485A3BC362E4BB55A9B3906D7E092DD186832D3001E99E83A4C1A92DBFEAFAC4B4BF8F6BE0AD2D279974AE1DD52BB36355EDF9DD9E84D5EB6BC1568E7B5E56F560E3F6CA31E6315CBF443372612E08143ABBB7A1BB689E9BFA055F1D21A264C0309ECA9C4F7FB308D5EC6700D4E63D2B038E5F9710AFCD24A6C580D3045C212CD548CC7311A231BE4CF4F6CD2B47EBCCEE9A9C9DF5838A98654AC8031EF0F8729B02ED00DAACE7BA9D317DD2FFD7CB908822637DE0AD57DA321055B001E69865FDEDC53101EEF39754247C9F0DC26B0B4A5E9C21304067E55C4024E6D41F29D95105F33A780A6B2F18D1F97CA1DEE62065D66C01D207016B453B3090DDE254651F4F80AE91672D9D93092891A7B421F068F5564BFE20D723CC88B4E2ACAD9F12B07CBA40E08692B4AE024B128035D2E7D5BB7AA1E5296FAC0432F7D62F9BAADA73CA9BD6111A575F6358092B1DEF5BE4110FF71CD0C91B0C50E1DB24E259AA1BD03F48A01911ACB1AD4C3CA57102EF1ED778F6D65C341B00105E31007792177D67472BA5673384925F9E00FE51F1849840F7AF109BEAE3420E061F5911041160684A16ACD80532E5A200FDF22598A93658A2B6FAEAC4F76ED48B9F201133E283ADF0BE014CF45683102C40ACA0105621D030A0D29E48CCC9064F802AC92CCDA7B6FBE275505B378821FABBE4139271CBD6053B3139C7BF3C5','stripes-1','2026-11-29 23:57:07.093269','2026-11-29 23:57:07.122979','a4ad8947eecf4ff4940d0f8b4362b648',7);
CREATE TABLE "recognition_collision" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "kind" varchar(10) NOT NULL, "found_at" datetime NOT NULL, "dismissed_at" datetime NULL, "event_id" char(32) NOT NULL REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "newcomer_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "other_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "face_id" bigint NULL REFERENCES "recognition_face" ("id") DEFERRABLE INITIALLY DEFERRED, "other_reference_id" char(32) NULL REFERENCES "recognition_reference" ("id") DEFERRABLE INITIALLY DEFERRED, "reference_id" char(32) NULL REFERENCES "recognition_reference" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "recognition_collision" VALUES(1,'person','2026-11-29 23:57:07.061104',NULL,'a4ad8947eecf4ff4940d0f8b4362b648',6,2,NULL,'49f9a9bf6e8b4b15a6c914276a6a5941','129cd2ab3fc645d38ec59044ffb9dcbc');
CREATE TABLE "recognition_engineinuse" ("id" smallint unsigned NOT NULL PRIMARY KEY CHECK ("id" >= 0), "version" varchar(60) NOT NULL, "since" datetime NOT NULL, CONSTRAINT "one_engine_in_use" CHECK ("id" = 1));
INSERT INTO "recognition_engineinuse" VALUES(1,'stripes-1','2026-11-29 23:57:06.634048');
CREATE TABLE "recognition_face" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "left" integer NOT NULL, "top" integer NOT NULL, "right" integer NOT NULL, "bottom" integer NOT NULL, "embedding" BLOB NULL, "engine_version" varchar(60) NOT NULL, "cluster" integer unsigned NULL CHECK ("cluster" >= 0), "photo_id" char(32) NOT NULL REFERENCES "photos_photo" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "recognition_face" VALUES(1,0,0,64,64,X'017FFFD2CA18C5622583DF373DBE592D39838D821E2B2EF92743C7DDF3C89F6CA637401268F5F96B79EC724F8CFAAD0ABF6CD8FB1DCDE1E1CCB6799B70FD1B7DC64F7C9233F3F6C51FCA582B49C45615A3939CDE2089C99044AF93A5DF188FB8FC3B504EA7B4A1113D176794FA91037732A4672CD328544A659B818510FE82B89E12E4FA7B4CFAE912699E13B2D56C87050772C49070CD26E756857E24507B9A678E78AFDD1E08A017057A31090467303D401DE62832B0FEB95AC38151F99BB67B24F644987F41F70FD5B24470D0605CCB8AD517D47BC5290CC35168E69B662B71EC894A2C5865D151B418DC8658691CE161B94201B0856BED58040F9248E23BCE1D09F92F4980615998D9BF29DC7239B9D62B7AB145276D7E3F2FF48E3333998713CBE393F590FDB939C3D10F22415443A025651D0FD017F156CAE8DFF051FC70FE27BFC1A243AC17E82C975ADE0FA99FC8C333F4ADBA39062956BA663AC30DA02D81B0A6FC8436E2FEFDBB0F4EC6C7AAA4F01D24D50AFEA28014E2FACC572B44B7EA0DE0BED58BB53DAEF14B53050F24038E4E8D510F58A03FD85663D328A5476C2F825140A078B8F5CEC8EFDD400AF55577DF4A6A33316A78F9F58021E553ACB12AD8C0D5CE11283B186DEBA7894815BFFC88543DD478A9DF1499F4320E856AEF6D0363E450D2CBED4009B5F5842615C0FC95650B7E92CE00750892FE32810F0E45D0604B4264414FEA92D8F5607EBA22493055E51CC4BC627FE867551C2748F7C7C346','stripes-1',2,'3fafee18de324abe8ceb15db1ee9ff8a');
INSERT INTO "recognition_face" VALUES(2,0,0,64,64,X'017FFFD2CA18C56225DE3512030133A92A769249FA7497C598988FBEC55D58122EAF0DB33B3AD5ACA9394DD267CE28380B1A7C5D99039A73226B5EA0D90AD3EFC5DBE9C32FD031258FFC0FF07993354B514BABA39FF6E4D803E5187ED417F4E8AB992197BE089D239FC3098F585D944B721C15E4B91CA1976296DC90A717D66906249368EB936DCF86F34E380FE324D0C30F264C59217244BA5ADAB63A4E7974F5C726B1116DB70EE15B4D1ABB2D9149B62F0EAA1A75F8B073C59AF6B5371D82D624FF3537FD93D53F3A79852A51B4FC4B1EBE6874025080B478F16634A2161CC14E54380CCEE6B348C8FC984A8C1AFEB0689F9FC8BCEF6C21FD804715F8AAC0877348BE0B3219353F53818997FDEF63C7A0BDA68DCCF63D95C507AA52D1737CB245B19BC0646958D375F21FFB6D17621EC784B3A0B06CCD9B2D0F6263B36216BFE7F77CCC800E48EE5E438CA29BE4DC8C7F12C5DF9A75132600EC456427AE6A6B89271B61B3D38DC060635CBF4C8ABE705D74654836EC530B8D1B18B3CD889220DB942596964447B5995915541738651628EACCCAF3B5E75F19FE5C79F1177640D9C2EEAECC9D3D3B9A9DC2DD102773D3081C52365825ACB780B8294924236405A04D8E961E08839782EAC5429EEE03F6E75C22E2FE9895BB83F24465B2A49F93F1D5B28D06C68B192E72798251F18EE5D359B25B1D7E6652B422C3D78CC075CC29CCAE4B2B91000D60B2AB4030389F5AE52498A2D2FC24308FEB165EB58D620DF75A7565','stripes-1',2,'29dc2afd94514f829d2a8ceb39f194ca');
INSERT INTO "recognition_face" VALUES(3,64,0,128,64,X'017FFFD2CA18C56225C782218B6CA9A2CB14E577506736D96139B9DE42EB5111C9EF4CA11ACFC71C89733E768630352324392AF1413170599E0C3B3849DD9EE202BD380F6B1F73FAA124BCD2309507B80D933667A91DDF01DC75BC0E2DBCA301EBC7C267AB412D446333F8FE05F6A531D900111543236656B948BB4B46F1E6B6434983B0C88123187C5458BA6686466F5B7D59D8A0D9E1BFAAAFC52BD03D11D597E233B4612738C4737FD20606D5C07E8410098C083AB736E1157B8DC14CAA1F4BB979BA66B2FB88300392AF0BED375F2A6C6E166C0BD431748A624C3F79F907719B93A681E46F1D51A4B232B10084FC3868535799D715AFA558E6B9795521B8748312925AB247617E7B54E1E31AD94D282E2693CADF0B61BB9A7F4D755BB5F0744B1E2CC99E58180E517F39ECD401580808D8FA385A18C036B68CB2EB7CDF497E958C623C7E69A26998FFF43B4599932EDEA44F38AF7EC9942FD278DAC8B2EB184F19A0E6F1243DF7CA46CBF9F54680666E9C64248EC61213034A5B07955E8403DBB416C01E17F360439A342F29DFFB10064038CDDDF733EA1EFC1EB2A7F9BD5416B306C64EFFFC995795C774D5B98798AB11418BFE8F7B32BF516EE5B11C7E3761BAB2FA4F89C3C768F241A68F790657A995D2FF42FFCD860164050A623F0E87ABC9A2C60EBF126FF42EF2836E46C71D7A7F4F4482D5A1CE019B590FE6202B4C13D74CC98006BC3E8E20480BD574546B7F31C62354ECD7BAE0B91C0A88B06649F1F1A91C','stripes-1',1,'29dc2afd94514f829d2a8ceb39f194ca');
INSERT INTO "recognition_face" VALUES(4,0,0,64,64,X'017FFFD2CA18C56225EC4AE714A29098CACF076EE83FFA10A7A836D0307E6621BF3DDB92C415973DE3DDBD3FA6DC5397854E72D655F9ABC8C7CEAFCA65DEF971D113E65E291A374720424FF616C31402FA0CB543FB602A318AA148C4CF8640CFF9408A502108553A4D57C44A2AD64D44E9BE57542E7E236D1EF6367665F4FBA89E56ED7AB5ED21673003D63FF8C4129C86D66E81AA56266062BB1C767B781B738B657AEE540ED49F00BA0CED27CE24517CBA3D11EE8E6B3F640691DD1B38CC6AA28F298DB8904F83E1F8E6BF018D3D84E4ABEEE23E147BC2969AE0FB87D061064EA09E1A71E5954864C36670F9A1AAD71A5611BE34CD232FEB4587C9111C5179D76EBEBC3B489FCA3C20CF839BAE9923DE5C0DA756EC967DB4B3D16A86A964CF3DA1C140A3F9286069B5F1535A10A5C53FB12EFAF83D4689B2B9FCC0F158194D8E1C7D2B27EBE7A8F19DBCAEF6A2682BCC4E81C5E5A52A401519610C1EF39C6CCE80E6692EE95652DA44F11DC6FF77E3E2D3EA976169B46D48AD02F94741008ED765E376C891264F3E5BC3ADB2854C3714BF01D8E8433999EAA09E34578DD9B2CC914BD1D5660700C4C4A86B41EE613D0176E42ACA205250F04FFEE218D48698D4880C121AF3703D65397AE6E7251C8440AFF35D4FAC39490C1635F1577125C582A5093264A83964CC6B0C04EB4536DF34A8EF47807A7E3E0CF09C41A9D0421F37655E4C05718C9DE229C391F6591B993549C763DD13DA0AD04104E437502B4D139236018A','stripes-1',1,'7b3c9297b4da4c099c58a33f17cbf8dd');
INSERT INTO "recognition_face" VALUES(5,64,0,128,64,X'017FFFD2CA18C56225F0D9FAD56DD3803622ED9010DE022EAA1481E998A06A64DB8E0ADA207F9FBE7134CBB2DC269D691FEF0A75F2EC98C8F98D2FD09EF6140FE940793396BD5C604A3A808B1E9A728D817D3C243761AC55BAC7BE4FDBB331E7AB91A7F9140F61F947EBB28077140242129E3689B73760AE3972EDE5848F04A7F3B5A12E3D51DA1BAB88CAC7BDA70134DA273EC4E3A02269DA7A6808033D469B0A7AE2F08910E3CCBC780971452F8944051DAB41F0ABF2F0B2A9B8283CC1A87C89F036D0756E53C357FF45B2C69343F039A140103908458ECBB4D0F90A74F1891CA9C4924C6F48DAE7B20BADE5C67978160FDCEE7AC2AE4DA4712A38514C2912A3E6B64BE7F11F5FA1D4D4FAFC924F8727F1A478D324E01595C27F3AEE85B35EB5D784BE6812C1520E309C71453B017ACF51FB25733164E9721CC989EC3EB5017F91F7E92C66AB1965454FB25E3AC695D8FD36115732D50F1053A541E3D538B3B8CA024F9E820E7F56EEDBBD1A2755428FE44F1A2D975F36CC589D193F91B2A588318C46449CF624D88AA4F9A4567A20C602773DB421648C6B98001042BED292FA50D04D566AB95DAF0E1C7E7DC09D9C848C1310398C9C77979EAF7B3F7282B547A3A70749C9E9F7447E98180CAA0CA460D543943F5EAAF2A41299C4D3A52940BA58F4441E1F7F1F23F30F7DDDDCD3D19B0A7A93B180EE94C13D89A26F9D4785FAAC03F2D5B810E41D3A35C3EDEEFD6E6B1AAA908DDA4CDF2834800ACBFDC255487FE7DE8C','stripes-1',0,'7b3c9297b4da4c099c58a33f17cbf8dd');
INSERT INTO "recognition_face" VALUES(6,0,0,64,64,X'017FFFD2CA18C56225BBFC46DC12CEE8B871DBCF1A31A26C874F341A9BD310C4C8EC2E9213D35B94A691B253BE71F105F3F2B8D7F775A4986206B8E111C747866A4A26D20DACFCF926D5B7FC186A37720F1FD18836CD184580BFFD14147D1FE37D7CCF62D861F2F236CD33962153A907015762CD219953F47C53DCFD6218E44DB212FAA608C218A5045922B50767698123B7FE5AAD4F5F4DDDFD8FCDDA7294F90E86A573A3363DA7E5072280BFBB6D73B3571E8F0E6ECE2A055B54FFE68F2CFE8592F4165617D284FBD741E745ED791DB2020E05FE45077855C2E0DFBE5B7DA9683D382C491F0E0642EE2AC58D72569EB60BBFA594A51C05A757691C73F9B2DAF33412C5183CA2DB63F871612DED42FEF208D7813E213AB77FB4D26FE2EB392F872DD5614F2E0EB01BB26469FCD0FA65CF9CF6BBBE574437B366DD94183B37414DA63D0045BBDE67A84083CFC8325529D9C5330C49154D714F5E1C890696187534545DE0D56550B10D7BC5CA4B13440E1001A35F7731535BAC9A1BEC60FF8E5007F20B149CD6763298C47E23DB7FB7DA93A9F526B7BB2204567A2976E89953AADCD8268DB1DABF670AE9EDD551B8026D4ABC93747C330847CA2EB304784860FE0840CB206CD90EF389AC6138D62E8DBC299B713A8F2A88D2DE4820DB2B59EA0DC779539678DAE38A259E53377FDBBD0DAD17BBE44217BE6424AF78A986136D78EC560011E15355B5CA6553E3DC444FFE6592558E9868FC5FAD5A38EBAD43432D7D50A50BDD','stripes-1',0,'3781a781e8994457819a8e65510a738b');
CREATE TABLE "recognition_livenesschallenge" ("id" char(32) NOT NULL PRIMARY KEY, "turns" varchar(40) NOT NULL, "expires_at" datetime NOT NULL, "used_at" datetime NULL, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "recognition_manualgrant" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "granted_at" datetime NOT NULL, "photo_id" char(32) NOT NULL REFERENCES "photos_photo" ("id") DEFERRABLE INITIALLY DEFERRED, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_grant_per_photo" UNIQUE ("registration_id", "photo_id"));
CREATE TABLE "recognition_match" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "status" varchar(10) NOT NULL, "distance" real NOT NULL, "threshold" real NOT NULL, "reason" varchar(300) NOT NULL, "engine_version" varchar(60) NOT NULL, "decided_at" datetime NOT NULL, "face_id" bigint NOT NULL REFERENCES "recognition_face" ("id") DEFERRABLE INITIALLY DEFERRED, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_match_per_face" UNIQUE ("registration_id", "face_id"));
INSERT INTO "recognition_match" VALUES(4,'match',2.04434156417846679687e-01,3.7530803680419921875e-01,'0.20 to the reference, limit 0.38; next nearest person 1.38','stripes-1','2026-11-29 23:57:07.390658',2,1);
INSERT INTO "recognition_match" VALUES(5,'match',2.01007083058357238769e-01,3.7530803680419921875e-01,'0.20 to the reference, limit 0.38; next nearest person 1.39','stripes-1','2026-11-29 23:57:07.390675',1,1);
CREATE TABLE "recognition_matchedface" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "face_id" bigint NOT NULL REFERENCES "recognition_face" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_matched_face_per_person" UNIQUE ("user_id", "face_id"));
INSERT INTO "recognition_matchedface" VALUES(1,2,2);
INSERT INTO "recognition_matchedface" VALUES(2,1,2);
CREATE TABLE "recognition_passedlivenesscheck" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "passed_at" datetime NOT NULL, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, "reference_id" char(32) NOT NULL REFERENCES "recognition_reference" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_live_check_per_reference" UNIQUE ("registration_id", "reference_id"));
CREATE TABLE "recognition_reference" ("id" char(32) NOT NULL PRIMARY KEY, "image_key" varchar(255) NOT NULL, "embedding" BLOB NOT NULL, "engine_version" varchar(60) NOT NULL, "created_at" datetime NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "recognition_reference" VALUES('e71d32939b7a4334b364388067d70e59','references/e71d3293-9b7a-4334-b364-388067d70e59.sealed',X'017FFFD2CA18C56225F645C12FF67EB7CA78CC4D7FA68463C450CA233F815E5F0BC2D414CC7A4220A0B5A23590A73DBA9A81EFB2C26974AFD00EDDA0D771A66ECCD23DE8848E400EF6EDDAD16D9B83AE1EF607058F6D4C1FA3410685E2ED98ADE0711FEAA79156E876D9DAF9B7169B02D1EE7AF8CBD5DE71ACA51232BB2203956320D9F5514953BEA32AE7B867BF7C310D9F0C634336DFF4C743D62AB0B04281FA2BC48E48F20A19E5BD3E40F29EE551ADC4DCD65F2DE669233CF9064D253C946D45DD891BA52BB490E884571F663B08F08FF2C3046D11D2BA01D0A9561059A6E9756775601DC30160B23F29BE37924F642181BC14B6F3E20D51F9F6839915ADC4FEB67E3E77A56BF20F07585E7EDEE4AFBBFF3D3DB807938F5E7D50D66C757A3A6A355B438F36DDF31F0B9F93D4B50F50141F986F48FD8DAEEFB7EA00F3924BBDE80149D54A7B101A4574B19934CB38E59F5F46FBDAAF863FB163F32CEE7C8800DE82926278FF7BD1C21987CB8D3A48E0D90870005D29A5626B33C645EFD180775B43735B0F8ECB08A4C8F512A40E49546ABDB95820490286381194CBB9E6DC48B5EB225E35E6395D119F1294B151EDAB7DC2E09FA9E8004F353888A378F15E1569517936F085EF856D306471699D41B338B7DA0D051630A6F9A613E18A4D64F5766BE277EC97F339AD1914F661E743B94474DDC66EA441BAF0F1A76DD21D78D88A71E03EEAFEE4639C534F0604D70081752277B3EFB04CEB6BFA189D3E13FA7F058353E9','stripes-1','2026-11-29 23:57:05.874398',1);
INSERT INTO "recognition_reference" VALUES('49f9a9bf6e8b4b15a6c914276a6a5941','references/49f9a9bf-6e8b-4b15-a6c9-14276a6a5941.sealed',X'017FFFD2CA18C5622554105F10988B467BE1B5C7BCFFC44359A52740FEA5B831933BE0F6E21358FCB88133BD4A36BC59B7ED11C9B0DBA0015C9158F6BE5472B8746E90CCEB0F0859C312E452590B94AB76DDC2FC592EE570A6A3E58442762949E745E41713AEA9E8A430F7F40FBB6BCCE10075FFA3321FB18458FEF01E50A837AD54ED9BD666F4460C46FB35C6C96866561AF528CB87B2CC11E78B3EA3AB88672D1A3B4360A5DD3A7BA725290F0A804C6424CFD08D97F522F6C06B8C773A43D3AC2750C960CE6BEDE53316D3FC6D26AAB60DC1D818E8631EA56E882485998BBCF83C57E06B9EEAE5A2DA92387B31882308FB0D701BF1AFEA0BA8B5B09797451108CCDC6C9EF155C87309780BAF5991FC3B971772CF9CEF419D669C2548BE940D1C90790F6434798577ADF6457FAE4CC6FF32CCB8AFA1E1D6B1BA3FBEAC891575F77B655E754719ED2C1D9D66A047E7D997C8E0C74AB3E62FB65FCF2973E1E947C7A98DD3AFD9552479F2B54C93959D135D3638D8B3C83E8517A540E65DDD662F2B3080F9159DCD056BE8C7F80C2BF0DF08005DA49777E5D96B4268DA0A4EA0D736CFF49E1AA618CCE5BBED3B3A640BCC8C72CC05A7D0D91F9CC9E736684C554D507EC177FF875A78836A10760479839A067D80F5B6EE9E478AA918ED585F83B1F379DFCF75FDC573E3CF2749694717C5F64C340E4DCAAA71C86392A02D8FE7755CF3898C9812CADB28877C5CA6A776F2E1E945AE904894DAEAEE89D6C87E67283CBBB9C7C0','stripes-1','2026-11-29 23:57:05.903028',2);
INSERT INTO "recognition_reference" VALUES('be5314cf4fc14524a89348e718d1a50e','references/be5314cf-4fc1-4524-a893-48e718d1a50e.sealed',X'017FFFD2CA18C56225475559D3DF371E51B0AE6A7570785C5B883FC7B69E0B4AAC503789AF85F64B694F10B515B27C9C867B88AD96952D0C2C313BFF820541BB3C7AA986E42F82B9F02E301DA717C565094E7030DA0592F8BBFA47CEC9CE6FCC6DDA9B45E7D005D0D0D0532EC3FFB68FB32999C6919DB4CA50FCA42067A303992787C460E8B798907089417A13A76BD49B76653A04ED936411913716E4D1107037306BEE78A23116141E485F493D82688779224FFAE6CE320E6D3272FB4CC0B2C0E3D77BBCF2F7EEE707F82DA17EA693977AF652A60CAF891E3C908F78CEB34CC186C730B3000D747D64D82CF659F90CF7258D0A0E9A3205943D9974A9CF068F3FBEEA5B2E41B1641369A32039FB942435F54EE51C1858490991DC5A5C9A3A94AAAA325B20A7B12D4F30B9550651D4F217DB35157986C18A33ABE7F7B6355C3AC640CA5C927EEBE8CB298DA81B26C25ABE39DFFF42411E2AE2288A65E09667A57B1D767682284773CD9F15AD501F39E8654E8BF923F045823C53E8837A2B02F2D02C7179AB684FB84A5D4B5DB40F51AF0629184ECAC92769CEA4EED1ED116A66C4D29138405F232874AA7E291C5C757010241452FC1C0F8547CC98F20F92CCDB8B9AEA8EDABD945E85DC131E84BA964CEEAB36841F7C807A88452AD0CDCF02B311CD1779133F66235C192240F3C46AFAE3E80FBE335D42F79DED732A330D98D00ACC8158ED9FF0F4E53981B92724131BC6F2E066C2724D2FB6800F1F2AC3E5B55E664A2EFC','stripes-1','2026-11-29 23:57:05.927899',3);
INSERT INTO "recognition_reference" VALUES('be9885e630724d2b801b6b063beec23b','references/be9885e6-3072-4d2b-801b-6b063beec23b.sealed',X'017FFFD2CA18C562255D3A1DA96ED7237747DD6530E26E979AB123C5F3623CCCDBAF3E81D4CC1CB42D6C24EC2403D6F9C60F42AE79F3EED2C131F6762C6C4DB4FBECC7DEB8C2CAB7785EF9F2D25B76D740CD913346F5ECD55F02A07E0F2EBED1F2C116B04440E7DD2ED4241D7858AA876312BDC3172BC2089563B3491F2C8708276BEBA143FA27176F87F92470B7DE891F1C03B3069623A6204600CBE2990C2BC9C6BEC91B9EC1744AB00086D1B9C17700A9FDFA18896C7077185FEF6267F121FCF699E7953865C78208F40B1C01FE013BA6D3AB2AA7683685151FC6B968D18572B22816C4569EB3F95F5B453EA8ADF5DB6EF8140D3AB48C801FE8CDBBE435D244C8070036DD6F0D5B8283BD000644C5FF043DA11BA5F7507E2A781E779AF2064648F970ED3AA407BB85B17BCADE405D1ECA114F31D04AE0CD83E765B593552E46E54D36825219F1CD6DB35741F57B7B8E8CD1D034EB347E6841D750DC5F75462EE1DBBBF989C99BD36E2453486F3626840A01D079F6D1A56DE26F35366F358A3E85BE19FFD6C93B32AB7D8EE5AB1DA16DE1823C15E692FCF48197726C95D3FFA07E5F776A12F07CEDC2B10F6AC0C3E71695DE6935834B4EABA88D57A4A2A41E10049DF5011998045F66A1EAA94F402D8C0F43198894BFC80AF0B8A89D092B2CE0F489CDC1AF072190DDF652D5EC22626635BA7AA09A6CA6AED8CE6359491BE4D7C66844EED1676E65CCC214183E36ECAF0375846F44888243E168A4C8ED7DFF5D76CEFE5A','stripes-1','2026-11-29 23:57:06.913725',4);
INSERT INTO "recognition_reference" VALUES('1da0e09d60a24443857b103db7e03fbd','references/1da0e09d-60a2-4443-857b-103db7e03fbd.sealed',X'017FFFD2CA18C56225635E1491BA6DBF3B80FCC5DECBE6867BF0E5A49F4826EFCF512CA12F6438B2A7E495EE81E9FD7444D538A096B1F912F4FC6681881C19B6B137D30EB9FE600E990B69DE240988C0030EBB7D84DC3BFA33D1B6786D47C1D97A5B275AC4E192289CA20235F6B5A799F5C9B41F14AB248720DE3E7D75CB41E8008CDDD8F351D752E15AFDFDBD67D28B1F09278718514B86E49CCB0D70585D80D64B9ED1DA0017E9B6596F75319C1FD5F257A6F98BFEC5F3992543C9F92D6CADAB6044FE598F0F21AB848C149B4F74B6EF7814CCB7C9C50A1CD84A8BF5B2B46409BD4F4C2F69F13DE78AA3F7730A450BC5D1D561076F2F336F7A95D6428457B8C0E3EC5B213704707F8C13E8C5D01BBC6C63CA7CCC2079ED6FA18B71E147CC4D0CCFA728BEAACA1F85C4FF174F8EC87074F0B063ECACABB0D2E93262C1915E898E519AD02327EB6A7EFD732564552B0EBE7B1F147FB4CBDED9753DD71E25A983035DCF614A03DB890353BEB57115AB39352D3CABBA27F4F25F30AE0368A8948621A3D3B9E8AEA463C817BA80DAD4005E50907307435C0D1FAC7912F724046D5DDE10010CA555EDC88E42A6D7413FDB376B3CF5689D7E683D9EF27ED68A16BB4CF31B4C2C5F85A0D630B28E2A048CA3B573CC7DC10E19AD8D8D84B8DF1E2A0D88B66B9B3FA15DBEA1F7274F54E661F41B7741BF2272703D91E901AEF85B38F505CDF0208ACBD04BC2EC3F510DF68B669049B1BD536D413C89C0F9FEEB77069EF01E56DBBA7C','stripes-1','2026-11-29 23:57:06.953368',5);
INSERT INTO "recognition_reference" VALUES('129cd2ab3fc645d38ec59044ffb9dcbc','references/129cd2ab-3fc6-45d3-8ec5-9044ffb9dcbc.sealed',X'017FFFD2CA18C562259D2256E065D92453D343522FE5075999581C87F4E828E52241ED7B80AC2BE7C8C31CB2A12B30ED096A2C45526964F1FB543BB1F06077BE366505FF6DDB240D5869D3B3D25D8F4F56736D0A8996B9B87A9429331E319A506E7B99854840C93AC74961985B75AFCFC465491DC7AF1635162BFDC9477688A3894E3C573D5D97F6D08DB9F010BB1ADCD19A455A59E87EC597142DE73B5C115463EF8EECBFB59E1803D0DA0035FCDAA83D52CE821E3CE206ED3C5B7E2C2AF41F993666C11664F5725328CBC80C9E8FDB5BB708208ADD00D89FA158FEE31CF47788241BC4856555E550F5862709FEBDF3050E1CB9A7C257A11D25E8888EA5FFD18E251DFAECB9F4E1F9F177FF2B156FCECF446650CC6CDE0661B4348FEB30AC20F77A1DF953AC53A23CF4DD5AD065AB1ECEBA03EA1D0091B49A95653B00E016A5CBF66E32CB1CB409CD47524B1D17547324B9665AF211722E7FA8E6527714117297F691F1504103FD480B9D0947E61681F1456A7BC0FB79A11EA2AAC269CA2333BA767161578927960AF2AA0724674839BC1DB0F106FC827B937CABE98F5911E8443152AB9F3A3296E48433908717C50626C9741E6D839B8A2D24A5BC341182C49C61D7893691A39A69F16724C6996EF9CAE84068D24868388558CF9AEBC7A39B0A1E6A967CA2F58091343822D6886E2E4A24ECFF07C19F964AADCF816313293CC6C8DE09E7FDDD4339066D195B3211AC193AE7B79E15181F7B0F95F4A2896A248B9619E024','stripes-1','2026-11-29 23:57:06.965325',6);
INSERT INTO "recognition_reference" VALUES('7bc381f8e4d942208972f41dcba7ad43','references/7bc381f8-e4d9-4220-8972-f41dcba7ad43.sealed',X'017FFFD2CA18C562255FAEA8D3A67E3BF6CADDACD502C903CCB7F31BF300985B234036EFCBE81E698B564834D2E0AD7824A9A151767A8208C188E8A65CEC97C184C0617E56567A71FEEA4D6BFD67916B94FCB3DCF08936D4F6EE7554770F0061EB928BFE2E14542EFFE4B39188E177D4BA8AF70A2CCABB866B43F7D7B0BC799B6239CBCE182F1725CBD1F32FE04DA761BC8C627C77F77D4FB103BF70F65529DB5EDB9811C6C581D196D71FF4002920B12821885ED6462FABC19F774C84B70A409DE04E1352E037E5DAABA13E67149F442AFBE43A5ABFD27BB9002E88631AFD50B983F9CC57E1224983D4B8BFDE72BF3467203AED9F43EB3ACBAB7142B6366F4F99EBF01C17FA10776E5896EAFB4BBE19450F90BCC524815F82C97A5AE89C57E380210E3D56250AE2581E42F887E176E01855531C029337A8FE612E99BE250C403E9858FCCA527BFE6D9166155C4304C98A4D40A2D8F090626A667F6717257FAF7BECFBA017D73F54D679B5ACB1F3550E1E60D214B1C944F97E74F0685A0CC58E06C93AFBAD00BE5302C2718226CA635C648EEA4CB1567109C2A1B0E1B6F80210699BBE7761A0CFCCC43B24950D48042C73107A7EC09D90B6A9E732015EC44665FAEE8926E2BA5A100321D9F0843BC6D6DA374EFF6D0A7D7531EBEC7C3BCD4F0F3770BC58ED4614001642F01AE61C08E29A9FBAD21666A18ED9435D81C26EA90BA8B807AA14507CD9D5D8DFB8A49C449593A1CDFDF7576ECAA21A04D1D0563B061DC9B5F2AE','stripes-1','2026-11-29 23:57:06.977196',7);
INSERT INTO "recognition_reference" VALUES('30b859464b9749cea0603cf3a6994831','references/30b85946-4b97-49ce-a060-3cf3a6994831.sealed',X'017FFFD2CA18C56225049F34EC542968268E419AF15A0300B7207D18F6DC53B1940E9951BDDCD30A3AD69936ED00989EE18C6DF28E0A3AC11AFB9B7EEB2390AF28E8DCB1D5399D3FCAB433D84632160EB5BDDF5CFA622733924012975B1D939EF3949B7EF59002E95F8B10E854A168B9F3584EDD3314BCB7840884A7CA4DE34FF3F3090D3046017CC8619D5CE1C2A39609031DD16BDAF10B7486044C2B4BE86229496FD607965F720F7DB69E110678CEC53C02B8F61033E0298A17DE62B828D1A57E4E8AA0B1A7463808683AFC45E67956159F295405F06827AF380D0C91DD92482C70B4764932EC5D5D2E0D9143D6DC10A10F6B2F275D2A1D16ADE9EF9BFD0DC361B7F852C37D2D706DA3B094E08D502A7F5E459C052DD7E8FB0B1CEFEBD7B6FA0BDB7CE365D90D3740C1F6B682D30598A574DF5BC7C96748A0AC144BFFCBAD9426478E48385E23CFA55ABB2495B9920F3340A92F435936A9A26765D8F8EF376040EB7EE00183AC1BD4E0FC13C5DC2268EF5AAF5B25FC474FFE15E2F9B650820DE905439587C152D623B412DEACA28F32F498810E225321950DB873A10C8214F114CF475AA55E002BAE0673EC780D31897464092F3F7CA36791075A467AE57E09DAF6389EA05FB32B323D4EB3B0B73B448727B28573A60DC435EFE4EF7C378D71167017D33ACD1D13C845A26E38319F64247C9797BBDB5287F27085A2BBA14D7984ECFE0140EBEE1C20A66731FDFB64BEAD6D84E69C54ED98826B3276B7A8A8043AD1E142','stripes-1','2026-11-29 23:57:07.230403',10);
INSERT INTO "recognition_reference" VALUES('233179221a244106a9ce55bd7850ed05','references/23317922-1a24-4106-a9ce-55bd7850ed05.sealed',X'017FFFD2CA18C56225A0CC28BADE3F8A32DEA570B5686227E61EED7F02D4DDE9E712CF7773B47800B6414FFEB473FDD7AEA841523152F01A520504C2FEB5C33677D48B9963429EDB55A80233055E61AB904401041A5CD62741262C81C9A625CD00020A32F1A80D6191EEECE4458D9916CFB7002736B4BB70F1A2675607B7981A753BFAB549D9CFD411810B15B7720751342DAE171A804C6A20E374ED96B646CC3534A4773770D787D209E5D5F79603AB77C1F72FECC5025EAC1CD38CED65A2FF5947469F4E5C93CE5A13BE3AC7F916D23D5F2D8FB957DC99872D03B8C93C147A1885B8556D944569C771BA8309EFEBD3C5FD00E4AADD60139B909C5F981C2A1187C4B535C894C6A571BF846CCDB8A099D25141AED96AFD98D5AD8D863323A029E2CED4458D4C8BB69B768499C75B37AE87650D44542A231FE35FEABC1308F705ED3B840BCC947E03C9C3E5A84A8C3621659653C9FFC28537A5FB01DD31B7AA75AF1A9AA4106ABED151F513544D0388BCB992FF44C2B12E998D7F24232E527E208DC953C41D8C0A464A652BDF24C0FF11F65DD38372682443329D15229D50D41886C5857A4ACC4DB305712A659599CFDB8B9BFA86D92688C569AD03C4B766BA8BAB8FF4A697421152F5DEE5314EB0C96AEB21542F39D9FF97B17A74BD205E9EB07201E17AD61D191C775C7F24EE1281E48039B35EB864C474C1A48DF9EADA9DC99D02ED80CC8AA3D74968182903697DD511E9245E368EA8811C5AB603F33C16A6247631C528','stripes-1','2026-11-29 23:57:07.250010',11);
CREATE TABLE "recognition_referenceadmission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "admitted_at" datetime NOT NULL, "reference_id" char(32) NOT NULL REFERENCES "recognition_reference" ("id") DEFERRABLE INITIALLY DEFERRED, "registration_id" bigint NOT NULL REFERENCES "events_registration" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_admission_per_reference" UNIQUE ("registration_id", "reference_id"));
INSERT INTO "recognition_referenceadmission" VALUES(1,'2026-11-29 23:57:05.955143','49f9a9bf6e8b4b15a6c914276a6a5941',1);
INSERT INTO "recognition_referenceadmission" VALUES(2,'2026-11-29 23:57:05.991219','be5314cf4fc14524a89348e718d1a50e',2);
INSERT INTO "recognition_referenceadmission" VALUES(3,'2026-11-29 23:57:07.073134','129cd2ab3fc645d38ec59044ffb9dcbc',4);
CREATE TABLE "recognition_sorting" ("queued_at" datetime NULL, "claim" char(32) NULL, "claimed_until" datetime NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "errors" smallint unsigned NOT NULL CHECK ("errors" >= 0), "event_id" char(32) NOT NULL PRIMARY KEY REFERENCES "events_event" ("id") DEFERRABLE INITIALLY DEFERRED, "requested" integer unsigned NOT NULL CHECK ("requested" >= 0), "done" integer unsigned NOT NULL CHECK ("done" >= 0), "sorted_at" datetime NULL, "failure" varchar(300) NOT NULL);
INSERT INTO "recognition_sorting" VALUES(NULL,NULL,NULL,0,0,'a4ad8947eecf4ff4940d0f8b4362b648',12,12,'2026-11-29 23:57:07.404414','');
CREATE TABLE "retention_erasurereceipt" ("id" char(32) NOT NULL PRIMARY KEY, "kind" varchar(20) NOT NULL, "erased_at" datetime NOT NULL, "counts" text NOT NULL CHECK ((JSON_VALID("counts") OR "counts" IS NULL)));
INSERT INTO "retention_erasurereceipt" VALUES('10ade06a55004111b9741b2cc1638d00','withdrawal','2026-11-29 23:57:07.217309','{"references": 1, "matches": 0, "faces": 0}');
CREATE TABLE "storage_pendingdeletion" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "key" varchar(255) NOT NULL UNIQUE, "due" datetime NOT NULL);
INSERT INTO "storage_pendingdeletion" VALUES(22,'references/85ab9c03-7f7f-46cf-bc11-cd8751d1d073.sealed','2026-11-29 23:57:07.216955');
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
