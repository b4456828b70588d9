// SPDX-License-Identifier: GPL-2.0
/*
 * A netlink family "cxltier" of another version, in place of cxlmeta's: it knows of one device,
 * whose state no one has heard of, and tells more of it than there are attributes for.
 *
 *   version=N  the family's
 */
#include <linux/module.h>
#include <linux/sizes.h>
#include <net/genetlink.h>

#include <uapi/linux/cxltier.h>

#define A_LATER 200
#define STATE_LATER 77

static unsigned int version = CXLTIER_FAMILY_VERSION + 1;
module_param(version, uint, 0444);
MODULE_PARM_DESC(version, "the family's version");

static struct genl_family family;

static int family_put_device(struct sk_buff *skb)
{
	if (nla_put_u32(skb, CXLTIER_A_DEVICE_NUMBER, 7) ||
	    nla_put_string(skb, A_LATER, "nobody knows") ||
	    nla_put_uint(skb, CXLTIER_A_DEVICE_START, SZ_1G) ||
	    nla_put_uint(skb, CXLTIER_A_DEVICE_SIZE, SZ_256M) ||
	    nla_put_s32(skb, CXLTIER_A_DEVICE_HOME, 1) ||
	    nla_put_u32(skb, CXLTIER_A_DEVICE_STATE, STATE_LATER) ||
	    nla_put_string(skb, CXLTIER_A_DEVICE_SOURCE, "later") ||
	    nla_put_u32(skb, CXLTIER_A_DEVICE_SOCKET, 0))
		return -EMSGSIZE;
	return 0;
}

static int family_devices(struct sk_buff *skb, struct netlink_callback *cb)
{
	void *header;

	if (cb->args[0])
		return 0;
	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
			     NLM_F_MULTI, CXLTIER_CMD_DEVICE_GET);
	if (!header || family_put_device(skb))
		return -EMSGSIZE;
	genlmsg_end(skb, header);
	cb->args[0] = 1;
	return skb->len;
}

static const struct genl_small_ops family_ops[] = {
	{
		.cmd = CXLTIER_CMD_DEVICE_GET,
		.dumpit = family_devices,
	},
};

static struct genl_family family = {
	.name = CXLTIER_FAMILY_NAME,
	.module = THIS_MODULE,
	.small_ops = family_ops,
	.n_small_ops = ARRAY_SIZE(family_ops),
};

static int __init family_init(void)
{
	family.version = version;
	return genl_register_family(&family);
}

static void __exit family_exit(void)
{
	genl_unregister_family(&family);
}

module_init(family_init);
module_exit(family_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test of other versions of cxltier's netlink family");
