"""The preview on CamVid: val mIoU of the shipped sets and the time to the first answer."""
